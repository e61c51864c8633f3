import type { PaymentDetail, ReceiptDetail, ReceiptRow, ReceiptsPage, ReceiptsQuery } from "../types";
import { now } from "./clock";
import { refuse } from "./faults";
import { LONG, olderRow, row as paymentRow } from "./payments";
import type { World } from "./world";

const most = 100;
const olderKey = ["27B0", "A11C", "94DE", "6F03", "58C1", "7720", "E9A4", "3B5D", "0C16", "8FE2"];

function row(payment: PaymentDetail): ReceiptRow {
  const { id, direction, person, sats, created, seal } = paymentRow(payment);
  return { payment: id, direction, person, sats, created, firstSeen: created, seal };
}

function kept(world: World): PaymentDetail[] {
  return world.payments.filter((one) => one.seal.raw !== null && one.seal.state !== "notVerified");
}

let long: ReceiptRow[] | null = null;

// The archive of a long history, made once it is asked for.
function deep(world: World): ReceiptRow[] {
  if (world.scenario.payments !== "many") return [];
  long ??= Array.from({ length: LONG }, (_, at) => olderRow(at))
    .filter((one) => one.status === "paid")
    .map(({ id, direction, person, sats, created }) => ({
      payment: id,
      direction,
      person,
      sats,
      created,
      firstSeen: created,
      seal: "verified",
    }));
  return long;
}

/** A window of the archive. */
export function page(world: World, query: ReceiptsQuery): ReceiptsPage {
  const text = query.text.trim().toLocaleLowerCase();
  const all = [...kept(world).map(row), ...deep(world)].filter(
    (one) => text === "" || one.payment === text || one.person.toLocaleLowerCase().includes(text),
  );
  const from = Math.min(query.from, all.length);
  return { rows: all.slice(from, from + Math.min(query.count, most)), from, total: all.length };
}

/** One receipt. */
export function find(world: World, id: string): ReceiptDetail {
  const inDepth = deep(world).some((one) => one.payment === id);
  const found = kept(world).find((one) => one.id === id) ?? (inDepth ? world.payment(id) : undefined);
  if (!found) refuse("receiptNotFound");
  const { seal } = found;
  const keys = world.scenario.otherKey ? olderKey : seal.keyGroups;
  return { row: row(found), seal, checked: now(), raw: seal.raw ?? "", keyGroups: keys, pinned: !world.scenario.otherKey };
}
