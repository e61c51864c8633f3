import { api, faultOf } from "../../ipc/call";
import type { AdCard, AdList, Catalog, Fault, FiatChoice } from "../../ipc/types";
import { lang, t, type Lang } from "../../i18n/words.svelte";

/** One line of a searchable list. */
export interface Item {
  value: string;
  label: string;
  hint?: string;
}

const names = new Map<string, Intl.DisplayNames>();

function display(kind: "region" | "currency", of: string, language: Lang): string | undefined {
  const key = `${kind} ${language}`;
  let made = names.get(key);
  if (made === undefined) {
    made = new Intl.DisplayNames([language], { type: kind, fallback: "none" });
    names.set(key, made);
  }
  try {
    return made.of(of);
  } catch {
    // Not a code of the kind: shown as the catalog writes it.
    return undefined;
  }
}

/** A country in the language of the screens. */
export function countryName(code: string, otherwise = code): string {
  return display("region", code, lang()) ?? otherwise;
}

/** A currency in the language of the screens. */
export function currencyName(code: string): string | undefined {
  return display("currency", code, lang());
}

/** A payment system: in words where its name is a description, else by its name in the catalog. */
export function systemName(catalog: Catalog | null, code: string): string {
  return t().pay.systems[code] ?? catalog?.paymentTypes.find((one) => one.code === code)?.name ?? code;
}

let shared: Promise<Catalog> | null = null;

/** The catalog, read once for all screens; a failed reading is tried again by the next one who asks. */
export function readCatalog(): Promise<Catalog> {
  shared ??= api.catalog().catch((thrown: unknown) => {
    shared = null;
    throw thrown;
  });
  return shared;
}

/** Choosing country, currency and payment system, and the advertisements that fit. */
export class Choosing {
  catalog = $state.raw<Catalog | null>(null);
  country = $state("");
  currency = $state("");
  system = $state("");
  list = $state.raw<AdList | null>(null);
  fault = $state.raw<Fault | null>(null);
  busy = $state(false);
  picked = $state<string | null>(null);
  #turn = 0;

  constructor(last: FiatChoice | null) {
    if (last === null) return;
    this.country = last.country;
    this.currency = last.currency;
    this.system = last.paymentType;
  }

  /** All three; none until all are chosen. */
  get choice(): FiatChoice | null {
    const { country, currency, system } = this;
    return country === "" || currency === "" || system === "" ? null : { country, currency, paymentType: system };
  }

  /** The advertisement looked at: the picked one while it is there, else the best. */
  get chosen(): AdCard | null {
    const ads = this.list?.ads ?? [];
    return ads.find((ad) => ad.id === this.picked) ?? ads[0] ?? null;
  }

  get countries(): Item[] {
    return (this.catalog?.countries ?? [])
      .map((one) => ({ value: one.code, label: countryName(one.code, one.name), hint: one.code }))
      .sort((a, b) => a.label.localeCompare(b.label, lang()));
  }

  get currencies(): Item[] {
    return (this.catalog?.currencies ?? []).map((code) => {
      const hint = currencyName(code);
      return hint === undefined ? { value: code, label: code } : { value: code, label: code, hint };
    });
  }

  /** Payment systems, the country's own first. */
  get systems(): Item[] {
    const own = this.catalog?.countries.find((one) => one.code === this.country)?.localPaymentTypes ?? [];
    return (this.catalog?.paymentTypes ?? [])
      .map((one) => {
        const label = systemName(this.catalog, one.code);
        return label === one.name ? { value: one.code, label } : { value: one.code, label, hint: one.name };
      })
      .sort((a, b) => rank(own, a.value) - rank(own, b.value) || a.label.localeCompare(b.label, lang()));
  }

  /** Reads the catalog. */
  async begin(): Promise<void> {
    try {
      this.catalog = await readCatalog();
    } catch (thrown) {
      this.fault = faultOf(thrown);
    }
  }

  /** Another country: its usual currency comes with it. */
  settle(code: string): void {
    const usual = this.catalog?.countries.find((one) => one.code === code)?.currency;
    if (usual !== undefined && usual !== "" && this.catalog?.currencies.includes(usual) === true) this.currency = usual;
    this.picked = null;
  }

  /** Looks for advertisements; a newer question outruns an older answer. */
  async look(invoice: string, pieces: number): Promise<void> {
    const { choice } = this;
    const turn = ++this.#turn;
    if (choice === null) {
      this.list = null;
      return;
    }
    this.busy = true;
    this.fault = null;
    try {
      const list = await api.suitableAds(invoice, pieces, choice);
      if (turn === this.#turn) this.list = list;
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.fault = faultOf(thrown);
      this.list = null;
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }
}

function rank(own: readonly string[], code: string): number {
  const at = own.indexOf(code);
  return at < 0 ? own.length : at;
}
