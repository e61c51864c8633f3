import { describe, expect, it } from "vitest";
import { useBackend, type Backend } from "./backend";
import { api, faultOf } from "./call";
import type { Fault } from "./types";

const refused: Fault = { code: "insufficientBalance", money: "no", next: "payAnotherWay", values: {}, serverText: null };

function backend(commands: Record<string, () => Promise<unknown>>): void {
  useBackend({ commands, onChanged: () => Promise.resolve(() => undefined) } as unknown as Backend);
}

async function thrown(call: Promise<unknown>): Promise<Fault> {
  try {
    await call;
  } catch (error) {
    return faultOf(error);
  }
  throw new Error("nothing was thrown");
}

describe("commands", () => {
  it("return their data or throw their fault", async () => {
    backend({
      appState: () => Promise.resolve({ status: "ok", data: "state" }),
      payDesk: () => Promise.resolve({ status: "error", error: refused }),
    });
    expect(await api.appState()).toBe("state");
    expect(await thrown(api.payDesk("88", null))).toEqual(refused);
  });

  it("that break off never claim that no money moved, when they move it", async () => {
    const broken = (): Promise<never> => Promise.reject(new Error("the channel closed"));
    backend({ payFromBalance: broken, payByDeal: broken, cancelPayment: broken, declarePaid: broken, cancelDeal: broken, deals: broken });
    const request = { account: "1", invoice: "88", pieces: 1, seenSats: "1" };
    const choice = { country: "DE", currency: "EUR", paymentType: "SEPA" };
    const calls = [
      api.payFromBalance(request),
      api.payByDeal({ ...request, choice, ad: null, seenFiat: "1.00" }),
      api.cancelPayment("1", "1"),
      api.declarePaid("1", "1", "1.00"),
      api.cancelDeal("1", "1"),
    ];
    for (const call of calls) expect((await thrown(call)).money).toBe("unknown");
    expect((await thrown(api.deals())).money).toBe("no");
  });

  it("that break off after what happens once never claim that it did not happen", async () => {
    const broken = (): Promise<never> => Promise.reject(new Error("the channel closed"));
    backend({ givePaymentFeedback: broken, giveDealFeedback: broken, createRefund: broken, withdrawRefund: broken });
    const calls = [
      api.givePaymentFeedback("1", "1", true, ""),
      api.giveDealFeedback("1", "1", true, ""),
      api.createRefund("1", "1", 1, 1),
      api.withdrawRefund("1", "1"),
    ];
    for (const call of calls) expect(await thrown(call)).toMatchObject({ code: "outcomeUnknown", money: "no" });
  });
});
