import { common } from "./en/common";
import { connect } from "./en/connect";
import { deals } from "./en/deals";
import { evidence } from "./en/evidence";
import { faults } from "./en/faults";
import { feedback } from "./en/feedback";
import { frame } from "./en/frame";
import { memory } from "./en/memory";
import { money } from "./en/money";
import { news } from "./en/news";
import { operations } from "./en/operations";
import { pay } from "./en/pay";
import { payments } from "./en/payments";
import { people } from "./en/people";
import { proof } from "./en/proof";
import { receipts } from "./en/receipts";
import { refunds } from "./en/refunds";
import { settings } from "./en/settings";
import { store } from "./en/store";
import { talks } from "./en/talks";
import { welcome } from "./en/welcome";

/** Every word a person reads, in English. The other languages have the same shape or do not compile. */
export const en = { common, connect, deals, evidence, faults, feedback, frame, memory, money, news, operations, pay, payments, people, proof, receipts, refunds, settings, store, talks, welcome };

export type Messages = typeof en;
