// What is in a bundle, in its groups; and what is left out of it. No words here.
import type { BundleItem, BundleItemState, EvidenceItem, EvidenceKind } from "../../ipc/types";

/** The groups in the order they are read in. */
export const KINDS = [
  "receipt",
  "payment",
  "said",
  "notices",
  "message",
  "picture",
  "deal",
  "operation",
  "cover",
] as const satisfies readonly EvidenceKind[];

/** Parts of one kind. */
export interface Group<Item> {
  kind: EvidenceKind;
  items: Item[];
}

/** The parts by kind, in their order; kinds with no part are left away. */
export function grouped<Item extends { kind: EvidenceKind }>(items: readonly Item[]): Group<Item>[] {
  return KINDS
    .map((kind) => ({ kind, items: items.filter((one) => one.kind === kind) }))
    .filter((group) => group.items.length > 0);
}

/** Parts whose words contain what is looked for, wherever the letters are large or small; none for an empty text. */
export function found(items: readonly EvidenceItem[], text: string): EvidenceItem[] {
  const wanted = plain(text);
  return wanted === "" ? [] : items.filter((one) => plain(one.text).includes(wanted));
}

// A card number is looked for as it is remembered: with or without its spaces and dashes.
function plain(text: string): string {
  return text.toLocaleLowerCase().replace(/[\s\u00a0\u202f-]+/g, "");
}

/** Bytes of these parts together. A size that is no number counts as none. */
export function bytesOf(items: readonly EvidenceItem[]): bigint {
  return items.reduce((sum, one) => sum + (/^\d{1,18}$/.test(one.bytes) ? BigInt(one.bytes) : 0n), 0n);
}

const STATES = ["intact", "leftOut", "altered", "missing"] as const satisfies readonly BundleItemState[];

/** How many parts are in each state, in a fixed order; states with none are left away. */
export function counted(items: readonly BundleItem[]): { state: BundleItemState; count: number }[] {
  return STATES.map((state) => ({ state, count: items.filter((one) => one.state === state).length })).filter(
    (one) => one.count > 0,
  );
}
