// Routes live in the hash: the window has one page, back and forward work, and a test can open any screen.

export type Route =
  | { name: "welcome" }
  | { name: "connect"; account?: string }
  | { name: "payments" }
  | { name: "payment"; id: string }
  | { name: "pay"; invoice?: string }
  | { name: "deals" }
  | { name: "deal"; id: string }
  | { name: "talks" }
  | { name: "talk"; id: string }
  | { name: "operations" }
  | { name: "operation"; id: string }
  | { name: "receipts" }
  | { name: "receipt"; id: string }
  | { name: "check" }
  | { name: "bundle" }
  | { name: "person"; id: string }
  | { name: "settings" };

const PATHS = {
  welcome: "welcome",
  connect: "connect",
  payments: "payments",
  payment: "payments",
  pay: "pay",
  deals: "deals",
  deal: "deals",
  talks: "talks",
  talk: "talks",
  operations: "operations",
  operation: "operations",
  receipts: "receipts",
  receipt: "receipts",
  check: "check",
  bundle: "bundle",
  person: "people",
  settings: "settings",
} as const;

function rest(target: Route): string | undefined {
  if ("id" in target) return target.id;
  if (target.name === "connect") return target.account;
  if (target.name === "pay") return target.invoice;
  return undefined;
}

/** The address of a route, for `href`. */
export function link(target: Route): string {
  const last = rest(target);
  const path = PATHS[target.name];
  return last === undefined || last === "" ? `#/${path}` : `#/${path}/${encodeURIComponent(last)}`;
}

/** The route of an address; payments for one that is none. */
export function parse(hash: string): Route {
  const [, path = "", coded = ""] = /^#?\/?([^/]*)\/?(.*)$/.exec(hash) ?? [];
  let id: string;
  try {
    id = decodeURIComponent(coded);
  } catch {
    id = "";
  }
  switch (path) {
    case "welcome":
      return { name: "welcome" };
    case "connect":
      return id === "" ? { name: "connect" } : { name: "connect", account: id };
    case "pay":
      return id === "" ? { name: "pay" } : { name: "pay", invoice: id };
    case "deals":
      return id === "" ? { name: "deals" } : { name: "deal", id };
    case "talks":
      return id === "" ? { name: "talks" } : { name: "talk", id };
    case "operations":
      return id === "" ? { name: "operations" } : { name: "operation", id };
    case "receipts":
      return id === "" ? { name: "receipts" } : { name: "receipt", id };
    case "check":
      return { name: "check" };
    case "bundle":
      return { name: "bundle" };
    case "people":
      return id === "" ? { name: "payments" } : { name: "person", id };
    case "settings":
      return { name: "settings" };
    default:
      return id === "" ? { name: "payments" } : { name: "payment", id };
  }
}

let current = $state.raw<Route>(parse(typeof location === "undefined" ? "" : location.hash));

/** Where the person is; reactive. */
export function route(): Route {
  return current;
}

/** Goes there; `replace` leaves no step to come back to. */
export function go(target: Route, replace = false): void {
  const hash = link(target);
  if (hash === location.hash) return;
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  current = parse(hash);
}

/** Follows the address until the returned function is called. */
export function followAddress(): () => void {
  const read = (): void => {
    current = parse(location.hash);
  };
  window.addEventListener("hashchange", read);
  window.addEventListener("popstate", read);
  return () => {
    window.removeEventListener("hashchange", read);
    window.removeEventListener("popstate", read);
  };
}
