// What was done about an operation, as lines a person can read: the same for the screen and for the evidence.
import type { Messages } from "../../i18n/en";
import type { Act, OperationDetail, OperationStep, StepKind } from "../../ipc/types";
import { plainBtc, satsOf } from "../../lib/money";

/** The acts that make a payment. */
export const PAYING: ReadonlySet<Act> = new Set<Act>(["payFromBalance", "payByDeal", "payByBestDeal"]);

/** The acts that say something of somebody. */
const FEEDBACK: ReadonlySet<Act> = new Set<Act>(["givePaymentFeedback", "giveDealFeedback"]);

/** One line of the timeline; looks that found the same one after another are one line. */
export interface Line {
  kind: StepKind;
  /** When it began, as the journal has it. */
  at: string;
  /** When the last of them was, if they are several. */
  until: string | null;
  count: number;
  values: OperationStep["values"];
}

function alike(one: OperationStep["values"], other: OperationStep["values"]): boolean {
  return (["found", "late", "newest", "balance"] as const).every((key) => one[key] === other[key]);
}

/** The steps with runs of equal looks put together. */
export function gathered(steps: readonly OperationStep[]): Line[] {
  const lines: Line[] = [];
  for (const step of steps) {
    const last = lines.at(-1);
    if (last !== undefined && step.kind === "looked" && last.kind === "looked" && alike(last.values, step.values)) {
      last.until = step.at;
      last.count += 1;
    } else lines.push({ kind: step.kind, at: step.at, until: null, count: 1, values: step.values });
  }
  return lines;
}

/** Its answer did not come at once: it had to be looked for. */
export function wasSilent(detail: OperationDetail): boolean {
  return detail.steps.some((step) => step.kind === "silence" || step.kind === "looked" || step.kind === "resumed");
}

/** Words of a line and the evidence behind it. */
export interface Told {
  text: string;
  notes: string[];
}

function faultWords(code: string | undefined, words: Messages): string[] {
  const codes = words.faults.code;
  if (code === undefined || code === "outcomeUnknown" || !Object.hasOwn(codes, code)) return [];
  return [codes[code as keyof typeof codes]({})];
}

function btc(sats: string, hide: boolean): string {
  const value = satsOf(sats);
  return hide ? "•••••" : value === null ? sats : plainBtc(value);
}

function looked(line: Line, detail: OperationDetail, words: Messages, hide: boolean): Told {
  const { steps } = words.operations;
  const { found, late, newest, balance } = line.values;
  const many = line.count > 1;
  if (found === "failed") return { text: many ? steps.failedMany(line.count) : steps.failed, notes: [] };
  const notes: string[] = [];
  if (found !== "found") {
    if (newest !== undefined && newest !== "") {
      notes.push(newest === detail.mark ? steps.noNewer(newest) : steps.newest(newest));
    }
    if (balance !== undefined && balance !== "") {
      notes.push(balance === detail.balanceBefore ? steps.balanceSame : steps.balance(btc(balance, hide)));
    }
    if (late === "yes") notes.push(steps.late);
    if (late === "no") notes.push(steps.early);
    return { text: many ? steps.nothingMany(line.count) : steps.nothing, notes };
  }
  return { text: many ? steps.foundMany(line.count) : steps.found, notes };
}

/** A line in the language of `words`; with `hide` no amount is in it. */
export function told(line: Line, detail: OperationDetail, words: Messages, hide: boolean): Told {
  const { steps } = words.operations;
  const payment = line.values["payment"];
  switch (line.kind) {
    case "prepared":
      return { text: steps.prepared, notes: [] };
    case "sent":
      return { text: steps.sent, notes: [] };
    case "answered":
      return { text: steps.answered, notes: [] };
    case "silence":
      return { text: steps.silence, notes: faultWords(line.values["code"], words) };
    case "refused":
      return { text: steps.refused, notes: faultWords(line.values["code"], words) };
    case "looked":
      return looked(line, detail, words, hide);
    case "done":
      // Of an act that makes no payment the journal names the one it was about: that was known before.
      if (payment === undefined || payment === "" || !PAYING.has(detail.card.act)) return { text: steps.done, notes: [] };
      if (wasSilent(detail)) return { text: steps.donePayment(payment), notes: [] };
      return { text: steps.done, notes: [words.operations.paymentNo(payment)] };
    case "provenAbsent":
      return { text: steps.absent, notes: [] };
    case "needsAPerson":
      return { text: steps.person, notes: [] };
    case "resumed":
      return { text: steps.resumed, notes: [] };
    case "double":
      if (detail.card.act === "createRefund") return { text: steps.doubleRefund(line.values["invoice"] ?? ""), notes: [] };
      return { text: steps.double(payment ?? ""), notes: [] };
    case "differs":
      return { text: FEEDBACK.has(detail.card.act) ? steps.differsWords : steps.differs, notes: [] };
  }
}
