import type { FiatSum } from "../types";

const satsInBtc = 100_000_000n;

/** Cents of an exact two-place decimal text. */
export function cents(amount: string): bigint {
  const [whole = "0", part = ""] = amount.split(".");
  return BigInt(whole) * 100n + BigInt(part.padEnd(2, "0").slice(0, 2));
}

/** Two-place decimal text of cents. */
export function decimal(amount: bigint): string {
  const whole = amount / 100n;
  const part = (amount % 100n).toString().padStart(2, "0");
  return `${whole.toString()}.${part}`;
}

/** Price (fiat for one BTC) times satoshi, rounded up to the cent as a deal does. */
export function cost(price: FiatSum, sats: bigint): FiatSum {
  const exact = cents(price.amount) * sats;
  const up = (exact + satsInBtc - 1n) / satsInBtc;
  return { amount: decimal(up), currency: price.currency };
}

/** BTC text with all eight places, as a confirmation writes it. */
export function btc(sats: string): string {
  const value = BigInt(sats);
  return `${(value / satsInBtc).toString()}.${(value % satsInBtc).toString().padStart(8, "0")}`;
}

/** Average rate of the fake world: fiat for one BTC. */
export const averageRate: FiatSum = { amount: "60000.00", currency: "USD" };

/** Satoshi in dollars by the average rate; an estimate. */
export function estimate(sats: bigint): FiatSum {
  return cost(averageRate, sats);
}
