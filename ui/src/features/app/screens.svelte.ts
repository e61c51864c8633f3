import { faultOf } from "../../ipc/call";
import type { Fault } from "../../ipc/types";
import { idle } from "../../lib/later.svelte";
import type { Route } from "../../lib/router.svelte";

// Payments are what the window opens with and come with the first script; the rest comes when the first paint is done.
const FETCH = {
  bundle: () => import("../../screens/Bundle.svelte"),
  check: () => import("../../screens/Check.svelte"),
  connect: () => import("../../screens/Connect.svelte"),
  deals: () => import("../../screens/Deals.svelte"),
  operations: () => import("../../screens/Operations.svelte"),
  pay: () => import("../../screens/Pay.svelte"),
  person: () => import("../../screens/Person.svelte"),
  receipts: () => import("../../screens/Receipts.svelte"),
  settings: () => import("../../screens/Settings.svelte"),
  talks: () => import("../../screens/Talks.svelte"),
  welcome: () => import("../../screens/Welcome.svelte"),
};

type Name = keyof typeof FETCH;
type Screen<N extends Name> = Awaited<ReturnType<(typeof FETCH)[N]>>["default"];

const ONE: Partial<Record<Route["name"], Name>> = { deal: "deals", talk: "talks", operation: "operations", receipt: "receipts" };

/** The screen a route needs; null for one that is always there. */
function needs(name: Route["name"]): Name | null {
  if (name === "payments" || name === "payment") return null;
  return ONE[name] ?? (name as Name);
}

/** The screens that are here. */
class Screens {
  loaded = $state.raw<{ [N in Name]?: Screen<N> }>({});
  /** Why the one that is wanted could not be loaded. */
  fault = $state.raw<Fault | null>(null);

  has(name: Route["name"]): boolean {
    const wanted = needs(name);
    return wanted === null || this.loaded[wanted] !== undefined;
  }

  /** Loads what a route needs. */
  async need(name: Route["name"]): Promise<void> {
    const wanted = needs(name);
    this.fault = null;
    if (wanted === null || this.loaded[wanted] !== undefined) return;
    try {
      await this.#load(wanted);
    } catch (thrown) {
      this.fault = faultOf(thrown);
    }
  }

  async #load(name: Name): Promise<void> {
    const { default: screen } = await FETCH[name]();
    this.loaded = { ...this.loaded, [name]: screen };
  }

  /** Loads all others, one after another, when there is nothing else to do. Until the returned function is called. */
  ahead(): () => void {
    let ended = false;
    const next = (names: Name[]): void => {
      const [name, ...rest] = names;
      if (ended || name === undefined) return;
      // One that does not come now is asked for again, and told about, when it is wanted.
      const then = (): void => idle(() => next(rest));
      if (this.loaded[name] === undefined) this.#load(name).then(then, then);
      else then();
    };
    idle(() => next(Object.keys(FETCH) as Name[]));
    return () => (ended = true);
  }
}

export const screens = new Screens();
