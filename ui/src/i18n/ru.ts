import type { Messages } from "./en";
import { common } from "./ru/common";
import { connect } from "./ru/connect";
import { deals } from "./ru/deals";
import { faults } from "./ru/faults";
import { frame } from "./ru/frame";
import { memory } from "./ru/memory";
import { money } from "./ru/money";
import { news } from "./ru/news";
import { operations } from "./ru/operations";
import { pay } from "./ru/pay";
import { payments } from "./ru/payments";
import { proof } from "./ru/proof";
import { receipts } from "./ru/receipts";
import { settings } from "./ru/settings";
import { store } from "./ru/store";
import { welcome } from "./ru/welcome";

export const ru = { common, connect, deals, faults, frame, memory, money, news, operations, pay, payments, proof, receipts, settings, store, welcome } satisfies Messages;

