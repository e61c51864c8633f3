import type { PaymentDetail } from "../types";
import { ago } from "./clock";
import type { Scenario } from "./scenarios";

/** The history with what the marketplace said of payment 1207 before. */
export function remembered(payments: PaymentDetail[], memory: Scenario["memory"]): PaymentDetail[] {
  return payments.map((one) => {
    if (one.id === "1204" && memory === "twice") return one;
    return one.id === "1207" ? told(one, memory) : one;
  }).concat(memory === "twice" ? twin(payments) : []).sort((a, b) => Number(b.id) - Number(a.id));
}

function told(payment: PaymentDetail, memory: Scenario["memory"]): PaymentDetail {
  const said: PaymentDetail["said"] = [
    { at: ago(9), about: "status", value: "paid" },
    { at: ago(9), about: "receipt", value: "verified" },
    { at: ago(9), about: "amount", value: "240000" },
    { at: ago(9), about: "pieces", value: "2" },
    { at: ago(9), about: "secret", value: "2" },
    { at: ago(10), about: "status", value: "pending" },
  ];
  const notice = (about: PaymentDetail["notices"][number]["about"], before: string, after: string, minutes: number, seen = false) => ({
    about,
    before,
    after,
    noticed: ago(minutes),
    seen,
  });
  switch (memory) {
    case "none":
      return payment;
    case "status":
      return {
        ...payment,
        status: "pending",
        notices: [notice("status", "paid", "pending", 3)],
        said: [{ at: ago(3), about: "status", value: "pending" }, ...said],
      };
    case "everything":
      return {
        ...payment,
        sats: "250000",
        notices: [
          notice("amount", "240000", "250000", 2),
          notice("receipt", "CryptoAmount: 0.0024", "CryptoAmount: 0.0025", 2),
          notice("secret", "2", "1", 2),
          notice("seller", "shop-1", "north-prints", 3),
          notice("invoice", "88", "92", 3),
          notice("created", ago(9), ago(69), 4),
          notice("pieces", "2", "3", 4, true),
        ],
        said: [{ at: ago(2), about: "amount", value: "250000" }, ...said],
      };
    case "vanished":
      return {
        ...payment,
        vanished: true,
        notices: [notice("presence", "listed", "gone", 6)],
        said: [{ at: ago(6), about: "presence", value: "gone" }, ...said],
      };
    case "twice":
      return { ...payment, twin: "1206", said };
    case "differs":
      return {
        ...payment,
        said,
        difference: {
          agreedSats: "240000",
          takenSats: "243600",
          agreedFiat: { amount: "144.00", currency: "USD" },
          takenFiat: { amount: "146.16", currency: "USD" },
        },
        sats: "243600",
      };
  }
}

function twin(payments: PaymentDetail[]): PaymentDetail[] {
  const first = payments.find((one) => one.id === "1207");
  return first === undefined ? [] : [{ ...first, id: "1206", twin: "1207", created: ago(10), secrets: [] }];
}
