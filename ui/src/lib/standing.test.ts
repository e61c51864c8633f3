import { describe, expect, it } from "vitest";
import { en } from "../i18n/en";
import type { PersonCard } from "../ipc/types";
import { newcomer, standing, type Role } from "./standing";

function person(given: Partial<PersonCard>): PersonCard {
  return {
    id: "7d1f0c2e-0000-4000-8000-000000000001",
    name: "shop-1",
    anonymous: false,
    dealRate: 98,
    deals: 212,
    partners: 143,
    medianSeconds: 420,
    invoiceRate: 97,
    paymentsReceived: 41,
    paymentsMade: 12,
    trustedBy: 0,
    blockedBy: 0,
    since: "2020-01-01T00:00:00Z",
    lastOnline: null,
    introduction: "",
    site: "",
    ...given,
  };
}

const roles: Role[] = ["trader", "seller", "buyer"];

describe("how a person stands", () => {
  it("never names a percentage without its count", () => {
    for (const role of roles) {
      for (const rate of [0, 1, 50, 100]) {
        const said = standing(person({ dealRate: rate, invoiceRate: rate }), role, en);
        expect(said).toContain(`${String(rate)} %`);
        expect(said.replace(/\d+ %/, "")).toMatch(/\d/);
      }
    }
  });

  it("says that nobody has said anything, not 0 %", () => {
    for (const role of roles) {
      const said = standing(person({ dealRate: null, invoiceRate: null }), role, en);
      expect(said).toContain("nobody has said anything yet");
      expect(said).not.toContain("%");
    }
  });

  it("is about sales for a seller, purchases for a buyer and deals for a trader", () => {
    expect(standing(person({}), "seller", en)).toBe("97 % good · 41 payments received");
    expect(standing(person({}), "buyer", en)).toBe("97 % good · 12 payments made");
    expect(standing(person({}), "trader", en)).toBe("98 % good in 212 deals");
  });

  it("tells the marketplace itself apart", () => {
    expect(standing(person({ id: "" }), "seller", en)).toBe("the marketplace itself");
  });

  it("calls somebody new here for a month", () => {
    const at = Date.parse("2026-03-01T00:00:00Z");
    expect(newcomer(person({ since: "2026-02-20T00:00:00Z" }), at)).toBe(true);
    expect(newcomer(person({ since: "2026-01-20T00:00:00Z" }), at)).toBe(false);
    expect(newcomer(person({ since: null }), at)).toBe(false);
  });
});
