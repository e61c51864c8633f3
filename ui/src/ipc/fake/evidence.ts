import type {
  BundleItem,
  BundleVerdict,
  DealDetail,
  EvidenceItem,
  EvidencePlan,
  EvidenceSubject,
  PaymentDetail,
  TalkLine,
} from "../types";
import { ago } from "./clock";
import { fault, refuse } from "./faults";
import { verified } from "./seals";
import type { World } from "./world";

const fingerprint = "5e1a 90c4 77d2 0b3f 8ac6 21e9 f043 6d5b a7b8 1c02 ee94 3f60 58d7 c9a1 420e b66f";
const foreign = "b07c 3e55 19fa d862 4410 9f2d 7bc3 e6a8 05d1 8832 c7fe 1a49 90bb 6e04 d35f 2c17";

function messages(lines: readonly TalkLine[]): EvidenceItem[] {
  return lines.flatMap((line): EvidenceItem[] => [
    { id: `message-${line.id}`, kind: "message", at: line.created, author: line.author, text: line.text, bytes: String(240 + line.text.length * 2) },
    ...line.pictures.map(
      (one): EvidenceItem => ({ id: `picture-${one.id}`, kind: "picture", at: line.created, author: line.author, text: `${one.id}.jpg`, bytes: one.bytes }),
    ),
  ]);
}

function ofPayment(world: World, payment: PaymentDetail): EvidenceItem[] {
  const raw = payment.seal.raw ?? "";
  const talk = world.talks.get(`payment/${payment.id}`);
  return [
    ...(raw === ""
      ? []
      : [{ id: "receipt", kind: "receipt" as const, at: payment.created, author: null, text: `kvit-payment-${payment.id}.asc`, bytes: String(raw.length) }]),
    ...(payment.said.length > 0
      ? payment.said.map(
          (one, at): EvidenceItem => ({ id: `said-${String(at)}`, kind: "said", at: one.at, author: null, text: `${one.about}: ${one.value}`, bytes: "310" }),
        )
      : [{ id: "said-0", kind: "said" as const, at: payment.created, author: null, text: `status: ${payment.status}`, bytes: "310" }]),
    ...messages(talk?.lines ?? []),
    ...[...world.operations.values()]
      .filter((one) => one.payment === payment.id)
      .map((one): EvidenceItem => ({ id: one.id, kind: "operation", at: one.since, author: null, text: one.id, bytes: "1450" })),
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
      at === null ? [] : [{ id: `step-${name}`, kind: "dealStep", at, author: null, text: name, bytes: "280" }],
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
export function save(world: World, about: EvidenceSubject, leaveOut: readonly string[]): string | null {
  if (world.scenario.exporting === "declined") return null;
  if (world.scenario.exporting === "fails") refuse("fileUnwritable", { next: "tryAgain" });
  const known = new Set(plan(world, about).items.map((one) => one.id));
  if (leaveOut.some((id) => !known.has(id))) refuse("internal");
  return `kvit-evidence-${about.kind}-${about.id}.zip`;
}

function part(item: EvidenceItem): BundleItem {
  return { id: item.id, kind: item.kind, state: "intact", text: item.text, at: item.at, author: item.author };
}

/** Checking one. A file dialog cannot be shown here: the scenario says what file somebody would open. */
export function check(world: World): BundleVerdict | null {
  const { bundle } = world.scenario;
  const file = "kvit-evidence-payment-1207.zip";
  const nothing = { file, about: null, made: null, signedBy: null, mine: false, items: [], receipt: null };
  if (bundle === "declined") return null;
  if (bundle === "unreadable") return { ...nothing, file: "holiday.zip", verdict: "unreadable", fault: fault("bundleUnreadable") };
  const payment = world.payments.find((one) => one.id === "1207");
  if (!payment) return { ...nothing, verdict: "unreadable", fault: fault("bundleUnreadable") };
  const said = (id: string, author: "me" | "them", text: string, minutes: number): BundleItem => ({
    id,
    kind: "message",
    state: "intact",
    text,
    at: ago(minutes),
    author,
  });
  const items: BundleItem[] = [
    ...ofPayment(world, payment).filter((one) => one.kind === "receipt" || one.kind === "said").map(part),
    said("message-501", "me", "Hello. Locker 15 is empty: the second piece is not there.", 7),
    said("message-502", "them", "It was put there this morning. Send a picture, please.", 6),
    said("message-503", "me", "Here it is.", 5),
    { id: "picture-9f03.jpg", kind: "picture", state: "intact", text: "9f03.jpg", at: ago(5), author: "me" },
    { id: "message-504", kind: "message", state: "leftOut", text: null, at: null, author: null },
    { id: "message-505", kind: "message", state: "leftOut", text: null, at: null, author: null },
    { id: "cover.html", kind: "cover", state: "intact", text: null, at: null, author: null },
  ];
  if (bundle === "altered") {
    items[3] = { ...(items[3] ?? said("message-502", "them", "", 6)), state: "altered", text: "I will give all of it back." };
    items.push(
      { id: "picture-11aa.jpg", kind: "picture", state: "missing", text: null, at: ago(4), author: "them" },
      { id: "extra/contract.html", kind: "unknown", state: "stranger", text: null, at: null, author: null },
    );
  }
  return {
    file,
    verdict: bundle === "altered" || bundle === "badKey" ? "altered" : "intact",
    about: { kind: "payment", id: "1207" },
    made: ago(3),
    signedBy: bundle === "mine" ? fingerprint : foreign,
    mine: bundle === "mine",
    items,
    receipt: verified(payment),
    fault: null,
  };
}
