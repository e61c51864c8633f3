import type { Route } from "../../lib/router.svelte";

/** The sections of the rail, in their order; the shortcuts count from here. */
export const SECTIONS = ["payments", "pay", "deals", "talks", "receipts", "settings"] as const;

export type Section = (typeof SECTIONS)[number];

/** The section a route belongs to. */
export function sectionOf(route: Route): Section | null {
  switch (route.name) {
    case "payments":
    case "payment":
      return "payments";
    case "pay":
    case "operations":
    case "operation":
      return "pay";
    case "deals":
    case "deal":
      return "deals";
    case "talks":
    case "talk":
      return "talks";
    case "receipts":
    case "receipt":
    case "check":
    case "bundle":
      return "receipts";
    case "settings":
    case "connect":
      return "settings";
    case "welcome":
    case "person":
      return null;
  }
}
