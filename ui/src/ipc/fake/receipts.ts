import type { PaymentDetail, ReceiptDetail, ReceiptRow, ReceiptsPage, ReceiptsQuery } from "../types";
import { now } from "./clock";
import { refuse } from "./faults";
import { row as paymentRow } from "./payments";
import type { World } from "./world";

const most = 100;

function row(payment: PaymentDetail): ReceiptRow {
  const { id, direction, person, sats, created, seal } = paymentRow(payment);
  return { payment: id, direction, person, sats, created, firstSeen: created, seal };
}

function kept(world: World): PaymentDetail[] {
  return world.payments.filter((one) => one.seal.raw !== null);
}

/** A window of the archive. */
export function page(world: World, query: ReceiptsQuery): ReceiptsPage {
  const text = query.text.trim().toLocaleLowerCase();
  const all = kept(world)
    .map(row)
    .filter((one) => text === "" || one.payment === text || one.person.toLocaleLowerCase().includes(text));
  const from = Math.min(query.from, all.length);
  return { rows: all.slice(from, from + Math.min(query.count, most)), from, total: all.length };
}

/** One receipt. */
export function find(world: World, id: string): ReceiptDetail {
  const found = kept(world).find((one) => one.id === id);
  if (!found) refuse("receiptNotFound");
  const { seal } = found;
  return { row: row(found), seal, checked: now(), raw: seal.raw ?? "", keyGroups: seal.keyGroups, pinned: seal.state !== "notVerified" };
}
