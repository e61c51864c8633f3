import type {
  BundleItem,
  BundleReport,
  DealDetail,
  EvidenceItem,
  EvidencePlan,
  EvidenceSubject,
  PaymentDetail,
  TalkLine,
} from "../types";
import { ago } from "./clock";
import { refuse } from "./faults";
import { verified } from "./seals";
import type { World } from "./world";

const fingerprint = "5e1a 90c4 77d2 0b3f 8ac6 21e9 f043 6d5b a7b8 1c02 ee94 3f60 58d7 c9a1 420e b66f";
const foreign = "b07c 3e55 19fa d862 4410 9f2d 7bc3 e6a8 05d1 8832 c7fe 1a49 90bb 6e04 d35f 2c17";

function messages(lines: readonly TalkLine[]): EvidenceItem[] {
  return lines.flatMap((line): EvidenceItem[] => [
    { id: `message-${line.id}`, kind: "message", at: line.created, text: line.text, bytes: String(240 + line.text.length * 2) },
    ...line.pictures.map(
      (one): EvidenceItem => ({ id: `picture-${one.id}`, kind: "picture", at: line.created, text: `${one.id}.jpg`, bytes: one.bytes }),
    ),
  ]);
}

function ofPayment(world: World, payment: PaymentDetail): EvidenceItem[] {
  const raw = payment.seal.raw ?? "";
  const talk = world.talks.get(`payment/${payment.id}`);
  return [
    ...(raw === ""
      ? []
      : [{ id: "receipt", kind: "receipt" as const, at: payment.created, text: `kvit-payment-${payment.id}.asc`, bytes: String(raw.length) }]),
    ...(payment.said.length > 0
      ? payment.said.map(
          (one, at): EvidenceItem => ({ id: `said-${String(at)}`, kind: "said", at: one.at, text: `${one.about}: ${one.value}`, bytes: "310" }),
        )
      : [{ id: "said-0", kind: "said" as const, at: payment.created, text: `status: ${payment.status}`, bytes: "310" }]),
    ...messages(talk?.lines ?? []),
    ...[...world.operations.values()]
      .filter((one) => one.payment === payment.id)
      .map((one): EvidenceItem => ({ id: one.id, kind: "operation", at: one.since, text: one.id, bytes: "1450" })),
  ];
}

function ofDeal(world: World, deal: DealDetail): EvidenceItem[] {
  const { summary } = deal;
  const steps: [string, string | null][] = [
    ["opened", summary.created],
    ["fiatDeclared", deal.fiatDeclaredAt],
    ["completed", deal.completed],
    ["canceled", deal.canceled],
  ];
  const paid = summary.payment === null ? undefined : world.payments.find((one) => one.id === summary.payment);
  return [
    ...(paid ? ofPayment(world, paid).filter((one) => one.kind !== "message" && one.kind !== "picture") : []),
    ...messages(world.talks.get(`deal/${summary.id}`)?.lines ?? []),
    ...steps.flatMap(([name, at]): EvidenceItem[] =>
      at === null ? [] : [{ id: `step-${name}`, kind: "deal", at, text: name, bytes: "280" }],
    ),
  ];
}

/** What a bundle about it would have. */
export function plan(world: World, about: EvidenceSubject): EvidencePlan {
  if (about.kind === "payment") return { about, items: ofPayment(world, world.payment(about.id)), signedBy: fingerprint };
  const deal = world.deals.get(about.id);
  if (!deal) refuse("dealNotFound");
  return { about, items: ofDeal(world, deal), signedBy: fingerprint };
}

/** Name of the file it was saved as; none when the person changed their mind. */
export function save(world: World, about: EvidenceSubject, keep: readonly string[]): string | null {
  if (world.scenario.exporting === "declined") return null;
  if (world.scenario.exporting === "fails") refuse("fileUnwritable", { next: "tryAgain" });
  const known = new Set(plan(world, about).items.map((one) => one.id));
  if (keep.some((id) => !known.has(id))) refuse("internal");
  return `kvit-evidence-${about.kind}-${about.id}.zip`;
}

/** Checking one. A file dialog cannot be shown here: the scenario says what file somebody would open. */
export function check(world: World): BundleReport | null {
  const { bundle } = world.scenario;
  if (bundle === "declined") return null;
  const payment = world.payments.find((one) => one.id === "1207");
  if (bundle === "unreadable" || !payment) refuse("bundleUnreadable");
  const kinds: BundleItem["kind"][] = ["receipt", "payment", "said", "message", "message", "message", "picture", "message", "message", "cover"];
  const out = bundle === "mine" ? [] : [7, 8];
  const items = kinds.map((kind, at): BundleItem => {
    const path = `${kind}/${String(at + 1)}.${kind === "picture" ? "jpg" : kind === "cover" ? "html" : kind === "receipt" ? "asc" : "json"}`;
    return { id: String(at + 1), kind, state: out.includes(at) ? "leftOut" : "intact", path: out.includes(at) ? "" : path };
  });
  const strangers = bundle === "altered" ? ["extra/contract.html"] : [];
  if (bundle === "altered") {
    items.splice(4, 1, { id: "5", kind: "message", state: "altered", path: "message/5.json" });
    items.splice(6, 1, { id: "7", kind: "picture", state: "missing", path: "picture/7.jpg" });
  }
  return {
    file: "kvit-evidence-payment-1207.zip",
    verdict: bundle === "altered" || bundle === "badKey" ? "altered" : bundle === "mine" ? "whole" : "parts",
    about: { kind: "payment", id: "1207" },
    marketplace: "market.example",
    login: "alice-77",
    made: ago(3),
    signedBy: bundle === "mine" ? fingerprint : foreign,
    mine: bundle === "mine",
    items,
    strangers,
    receipts: [verified(payment)],
  };
}
