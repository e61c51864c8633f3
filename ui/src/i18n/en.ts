import { common } from "./en/common";
import { connect } from "./en/connect";
import { deals } from "./en/deals";
import { faults } from "./en/faults";
import { frame } from "./en/frame";
import { memory } from "./en/memory";
import { money } from "./en/money";
import { news } from "./en/news";
import { operations } from "./en/operations";
import { pay } from "./en/pay";
import { payments } from "./en/payments";
import { proof } from "./en/proof";
import { receipts } from "./en/receipts";
import { settings } from "./en/settings";
import { store } from "./en/store";
import { welcome } from "./en/welcome";

/** Every word a person reads, in English. The other languages have the same shape or do not compile. */
export const en = { common, connect, deals, faults, frame, memory, money, news, operations, pay, payments, proof, receipts, settings, store, welcome };

export type Messages = typeof en;
