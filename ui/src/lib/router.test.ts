import { describe, expect, it } from "vitest";
import { link, parse, type Route } from "./router.svelte";

const routes: Route[] = [
  { name: "welcome" },
  { name: "connect" },
  { name: "connect", account: "a/1 ?" },
  { name: "payments" },
  { name: "payment", id: "1207" },
  { name: "pay" },
  { name: "pay", invoice: "https://market.example/invoice/88?x#y" },
  { name: "deals" },
  { name: "deal", id: "5" },
  { name: "talks" },
  { name: "talk", id: "invoice/88/7d1f0c2e-0000-4000-8000-00000012ab34" },
  { name: "operations" },
  { name: "operation", id: "op-1" },
  { name: "receipts" },
  { name: "receipt", id: "1207" },
  { name: "check" },
  { name: "bundle" },
  { name: "person", id: "7d1f0c2e-0000-4000-8000-000000000001" },
  { name: "settings" },
];

describe("addresses", () => {
  it("lead back to their route", () => {
    for (const route of routes) expect(parse(link(route))).toEqual(route);
  });

  it("that are none lead to the payments", () => {
    for (const hash of ["", "#", "#/", "#/nowhere", "#//"]) expect(parse(hash)).toEqual({ name: "payments" });
    expect(parse("#/payments/%E0%A4%A")).toEqual({ name: "payments" });
  });
});
