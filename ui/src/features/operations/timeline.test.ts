import { describe, expect, it } from "vitest";
import { en } from "../../i18n/en";
import { ru } from "../../i18n/ru";
import type { OperationCard, OperationDetail, OperationStep, StepKind } from "../../ipc/types";
import { evidence } from "./evidence";
import { joined } from "./operations.svelte";
import { gathered, told, wasSilent } from "./timeline";

const card: OperationCard = {
  id: "op-1",
  act: "payFromBalance",
  invoice: "88",
  pieces: 2,
  sats: "240000",
  fiat: null,
  counterparty: "shop\u202e-1\nState: done",
  since: "2026-02-03T12:04:31Z",
  state: "unknown",
  looks: 3,
  payment: null,
  fault: null,
  settled: null,
  account: "real-1",
};

function step(second: number, kind: StepKind, values: Record<string, string> = {}): OperationStep {
  return { at: `2026-02-03T12:05:${String(second).padStart(2, "0")}Z`, kind, values };
}

const nothing = { found: "nothing", late: "no", newest: "1207", balance: "48122010" };

function detail(steps: OperationStep[], given: Partial<OperationDetail> = {}): OperationDetail {
  return { card, steps, balanceBefore: "48122010", mark: "1207", taken: null, doubles: [], deal: null, refunds: [], refundOf: null, said: null, otherwise: false, ...given };
}

describe("the timeline", () => {
  it("puts equal looks one after another together, and nothing else", () => {
    const lines = gathered([
      step(1, "sent"),
      step(2, "looked", nothing),
      step(3, "looked", nothing),
      step(4, "looked", { ...nothing, late: "yes" }),
      step(5, "resumed"),
      step(6, "looked", { ...nothing, late: "yes" }),
    ]);
    expect(lines.map((line) => [line.kind, line.count])).toEqual([
      ["sent", 1],
      ["looked", 2],
      ["looked", 1],
      ["resumed", 1],
      ["looked", 1],
    ]);
    expect(lines[1]?.at).toBe("2026-02-03T12:05:02Z");
    expect(lines[1]?.until).toBe("2026-02-03T12:05:03Z");
    expect(lines[2]?.until).toBeNull();
  });

  it("says what a look saw, against what was known before", () => {
    const of = detail([]);
    const line = (values: Record<string, string>): string[] =>
      gathered([step(1, "looked", values)]).flatMap((each) => told(each, of, en, false).notes);
    expect(line(nothing)).toEqual(["no newer payment than 1207", "balance unchanged", "too early to count"]);
    expect(line({ ...nothing, newest: "1209", balance: "47882010", late: "yes" })).toEqual([
      "newest payment 1209",
      "balance 0.47882010 BTC",
      "late enough to count",
    ]);
    expect(line({ found: "failed", late: "no" })).toEqual([]);
  });

  it("names no amount where amounts are hidden", () => {
    const [line] = gathered([step(1, "looked", { ...nothing, balance: "47882010" })]);
    expect(line && told(line, detail([]), en, true).notes.join()).not.toMatch(/0\.4788|47882010/);
  });

  it("says every kind of step in both languages, whatever values it has", () => {
    const kinds: StepKind[] = [
      "prepared", "sent", "answered", "silence", "refused", "looked", "done", "provenAbsent", "needsAPerson", "resumed", "double", "differs",
    ];
    for (const kind of kinds) {
      for (const values of [{}, { code: "constructor", payment: "1208", found: "?" }, { code: "connectionLost" }]) {
        const [line] = gathered([step(1, kind, values as Record<string, string>)]);
        if (line === undefined) throw new Error("no line");
        expect(told(line, detail([]), en, false).text).not.toBe("");
        expect(told(line, detail([]), ru, false).text).toMatch(/[а-яё]/i);
      }
    }
  });

  it("never says that a payment was found or doubled by an act that makes none", () => {
    const of = (act: OperationCard["act"], steps: OperationStep[]): string[] => {
      const one = detail(steps, { card: { ...card, act } });
      return gathered(steps).map((line) => told(line, one, en, false).text);
    };
    const steps = [step(1, "sent"), step(2, "silence"), step(9, "done", { payment: "1204" })];
    expect(of("payFromBalance", steps)[2]).toBe("Found: payment 1204");
    for (const act of ["givePaymentFeedback", "giveDealFeedback", "createRefund", "withdrawRefund"] as const) {
      expect(of(act, steps)[2]).toBe("It went through");
    }
    expect(of("createRefund", [step(1, "double", { invoice: "702" })])).toEqual(["A second refund of the same intent: 702"]);
  });

  it("knows an answer that came from one that had to be looked for", () => {
    expect(wasSilent(detail([step(1, "sent"), step(2, "answered"), step(2, "done")]))).toBe(false);
    expect(wasSilent(detail([step(1, "sent"), step(2, "silence"), step(9, "done")]))).toBe(true);
  });
});

describe("the evidence", () => {
  it("has every fact on its own line, in UTC, and a name cannot pose as another line", () => {
    const text = evidence(detail([step(1, "prepared"), step(2, "looked", nothing), step(3, "looked", nothing)]), null, en);
    const lines = text.split("\n");
    expect(lines).toContain("Amount agreed: 0.00240000 BTC");
    expect(lines).toContain("Invoice: 88, 2 pieces");
    expect(lines).toContain("Sent: 2026-02-03 12:04:31");
    expect(lines).toContain("2026-02-03 12:05:01  Written down before anything was sent");
    expect(lines).toContain(
      "2026-02-03 12:05:02 – 2026-02-03 12:05:03  Looked 2 times: no trace of it; no newer payment than 1207; balance unchanged; too early to count",
    );
    expect(lines.filter((line) => line.startsWith("State: "))).toEqual(["State: not known yet"]);
    expect(text).not.toContain("\u202e");
  });
});

describe("a fresh newest page over the journal already read", () => {
  const rows = (...ids: string[]): OperationCard[] => ids.map((id) => ({ ...card, id }));
  const ids = (cards: OperationCard[] | null): string | null => cards?.map((each) => each.id).join(" ") ?? null;

  it("keeps the tail where the two join, and says when they do not", () => {
    expect(ids(joined(rows("7", "6", "5"), rows("6", "5", "4", "3")))).toBe("7 6 5 4 3");
    expect(joined(rows("9", "8"), rows("5", "4"))).toBeNull();
    expect(joined([], rows("5"))).toBeNull();
  });
});
