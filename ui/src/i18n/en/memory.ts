import type { Said } from "../../ipc/types";
import { pluralEn } from "../plural";

const pieces = (n: number): string => `${String(n)} ${pluralEn(n, { one: "piece", other: "pieces" })}`;

/** What the marketplace said before against what it says now. */
export const memory = {
  title: "The marketplace contradicts itself",
  lead: (n: number) =>
    n === 1
      ? "About this payment it says something else than before. Kvit keeps both versions."
      : `About this payment it says ${String(n)} things differently than before. Kvit keeps both versions.`,
  vanishedTitle: "The marketplace no longer lists this payment",
  vanishedLead: "It was there before. What you see here is the copy on this computer.",
  earlier: "Earlier",
  now: "Now",
  noticed: (time: string) => `noticed ${time}`,
  means: "What it may mean",
  todo: "What to do",
  keep: "Keep the receipt: save the confirmation. It is signed, and nobody can change it afterwards.",
  keepNone: "There is no signed receipt for this payment. Copy both versions and keep them.",
  ask: "Ask the marketplace's support: quote the payment number and both versions.",
  wait: "Until it is explained, do not hand over goods or money because of this payment.",
  copy: "Copy both versions",
  letter: (id: string) => `Payment ${id}: what the marketplace said, as kept by Kvit. Times are UTC.`,
  line: (what: string, before: string, after: string, time: string) => `${what}: earlier ${before}, now ${after} (noticed ${time})`,
  about: {
    status: "Status",
    amount: "Amount",
    pieces: "Pieces",
    invoice: "Invoice",
    created: "Created",
    buyer: "Buyer",
    seller: "Seller",
    secret: "What was bought",
    receipt: "Receipt",
    presence: "The payment itself",
  } satisfies Record<Said, string> as Record<Said, string>,
  why: {
    status: "A complete payment does not go back by itself. Old data may have been restored there, or somebody is trying to undo the payment. Your receipt proves that it was paid.",
    amount: "The amount is fixed when a payment is made. In honest books it never changes.",
    pieces: "The number of pieces is fixed when a payment is made. In honest books it never changes.",
    invoice: "A payment belongs to one invoice for good. In honest books that never changes.",
    created: "The time of a payment is fixed when it is made. It may have been rebuilt from old data.",
    buyer: "A payment has one buyer. A renamed account may look like this; a changed one is serious.",
    seller: "A payment has one seller. A renamed account may look like this; a changed one is serious.",
    secret: "What was handed over is not there any more, or reads differently. Somebody may have taken it back after you paid.",
    receipt: "A receipt is signed once. Another text under the same payment means that one of the two is not the one you got.",
    presence: "Old data may have been restored there, or the payment was removed. Your copy and its receipt stay with you.",
  } satisfies Record<Said, string> as Record<Said, string>,
  value: {
    had: (n: number) => pieces(n),
    kept: (n: number) => (n === 0 ? "none of them unchanged" : `${String(n)} of them unchanged`),
    listed: "in the list",
    gone: "not in the list",
    verified: "verified",
    doesNotMatch: "does not match",
    forged: "forged or altered",
    invoice: (id: string) => `№ ${id}`,
  },
  history: "What the marketplace said over time",
  archived: (time: string) => `archived ${time}`,
  archivedLabel: "In the archive",
  key: "Signing key",
  twiceTitle: "This was paid twice",
  twiceText: "You asked once, and there are two payments. Kvit did not send it again. The seller can give one of them back by a refund.",
  twin: (id: string) => `the other payment: ${id}`,
  unresolved: "An act on this payment has no outcome yet. Do not repeat it: we are checking.",
  unresolvedLook: "See what is checked",
  rowNoticed: "Contradiction: take a look",
  rowUnresolved: "Outcome not known yet",
};
