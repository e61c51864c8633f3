import type { InvoiceCard } from "../types";
import { ago, ahead } from "./clock";
import { me, sellers } from "./people";
import { estimate } from "./sums";

const day = 24 * 60;

/** An ordinary public invoice; what differs is given. */
export function invoice(id: string, given: Partial<InvoiceCard>): InvoiceCard {
  const unit = given.unitSats ?? "120000";
  return {
    id,
    private: false,
    refundOf: null,
    baseCrypto: false,
    unitSats: unit,
    fiatPrice: null,
    fiatEstimate: estimate(BigInt(unit)),
    comment: "",
    pictures: [],
    piecesMin: 1,
    piecesMax: 10,
    limited: false,
    status: "active",
    payments: 12,
    owner: sellers.shop,
    mine: false,
    created: ago(40 * day),
    validTo: null,
    ...given,
  };
}

/** Text that tries everything a stranger's text can try. */
export const hostileText =
  "Free \u202Etroppus\u202C\u200B gift <img src=x onerror=alert(1)> **bold** [pay](https://shop-1.example.evil.example/login) " +
  "Z\u0336a\u0336l\u0336g\u0336o\u0336 https://аррӏе.example/pay " +
  "very-long-word-without-any-break-".repeat(12);

/** Invoices of the fake marketplace, by number. */
export function invoices(): Map<string, InvoiceCard> {
  const all = [
    invoice("88", {
      comment: "Coffee beans, 250 g",
      pictures: ["coffee-bag", "coffee-beans"],
      unitSats: "120000",
      fiatPrice: { amount: "72.00", currency: "USD" },
    }),
    invoice("51", {
      comment: "Map of Karelia, printed on linen",
      owner: sellers.maps,
      baseCrypto: true,
      unitSats: "1000000",
      piecesMax: 5,
    }),
    invoice("640", {
      comment: "Иван-чай, 100 г. Собран вручную под Сортавалой, сушёный.",
      owner: sellers.teas,
      unitSats: "28000",
      fiatPrice: { amount: "1290.00", currency: "RUB" },
      piecesMin: 2,
      piecesMax: 20,
    }),
    invoice("300", {
      comment: "Repair of a rear wheel: hub, two spokes, truing",
      owner: sellers.wheels,
      private: true,
      unitSats: "310000",
      fiatPrice: { amount: "186.00", currency: "USD" },
      piecesMax: 1,
      validTo: ahead(170),
      payments: 0,
    }),
    invoice("92", {
      comment: "Postcards from the north, set of six",
      owner: sellers.prints,
      unitSats: "15000",
      baseCrypto: true,
      limited: true,
      piecesMax: 3,
    }),
    invoice("404", {
      comment: "Linocut, signed, edition of ten",
      owner: sellers.prints,
      limited: true,
      piecesMax: 0,
      status: "noPieces",
    }),
    invoice("405", { comment: "An old listing", status: "deleted" }),
    invoice("66", {
      comment: "Deposit for a boat",
      owner: sellers.wheels,
      private: true,
      piecesMax: 1,
      status: "expired",
      validTo: ago(20),
    }),
    invoice("77", { comment: "Sourdough starter, with a letter", owner: me, mine: true, unitSats: "20000", fiatPrice: { amount: "12.00", currency: "USD" } }),
    invoice("13", { comment: hostileText, owner: sellers.prints }),
  ];
  return new Map(all.map((one) => [one.id, one]));
}
