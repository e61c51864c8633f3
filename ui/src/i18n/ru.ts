import type { Messages } from "./en";
import { common } from "./ru/common";
import { connect } from "./ru/connect";
import { deals } from "./ru/deals";
import { evidence } from "./ru/evidence";
import { faults } from "./ru/faults";
import { feedback } from "./ru/feedback";
import { frame } from "./ru/frame";
import { memory } from "./ru/memory";
import { money } from "./ru/money";
import { news } from "./ru/news";
import { operations } from "./ru/operations";
import { pay } from "./ru/pay";
import { payments } from "./ru/payments";
import { people } from "./ru/people";
import { proof } from "./ru/proof";
import { receipts } from "./ru/receipts";
import { refunds } from "./ru/refunds";
import { settings } from "./ru/settings";
import { store } from "./ru/store";
import { talks } from "./ru/talks";
import { welcome } from "./ru/welcome";

export const ru = { common, connect, deals, evidence, faults, feedback, frame, memory, money, news, operations, pay, payments, people, proof, receipts, refunds, settings, store, talks, welcome } satisfies Messages;

