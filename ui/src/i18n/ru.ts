import type { Messages } from "./en";
import { common } from "./ru/common";
import { connect } from "./ru/connect";
import { deals } from "./ru/deals";
import { faults } from "./ru/faults";
import { frame } from "./ru/frame";
import { pay } from "./ru/pay";
import { payments } from "./ru/payments";
import { proof } from "./ru/proof";
import { receipts } from "./ru/receipts";
import { settings } from "./ru/settings";
import { welcome } from "./ru/welcome";

export const ru = { common, connect, deals, faults, frame, pay, payments, proof, receipts, settings, welcome } satisfies Messages;

