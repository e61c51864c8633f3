import type { FieldRow, PaymentDetail, Seal } from "../types";
import { btc } from "./sums";

/** Fingerprint of the fake marketplace's key, in groups. */
export const keyGroups = ["9C41", "07FE", "33A0", "5D1B", "E2F4", "8A67", "0B9C", "52AB", "10D8", "E3F6"];

/** A seal that says nothing: there is nothing to check yet. */
export const noSeal: Seal = {
  state: "none",
  reason: null,
  fields: [],
  signedText: null,
  keyGroups: [],
  signedAt: null,
  raw: null,
};

function signedTime(iso: string): string {
  const [date = "", time = ""] = iso.split("T");
  const [year = "", month = "", day = ""] = date.split("-");
  return `${month}/${day}/${year} ${time.slice(0, 8)}`;
}

/** Fields of a confirmation of a payment, in order, as the marketplace would sign them. */
function signedFields(payment: PaymentDetail): FieldRow[] {
  const rows: [FieldRow["field"], string][] = [
    ["type", "INVOICE_PAYMENT"],
    ["paymentId", payment.id],
    ...(payment.invoice.private ? [] : ([["pieces", String(payment.pieces)]] as [FieldRow["field"], string][])),
    ["invoiceId", payment.invoice.id],
    ["cryptoAmount", btc(payment.sats)],
    ["createdAt", signedTime(payment.created)],
    ["payer", payment.buyer.name],
    ["invoiceOwner", payment.invoice.owner.name],
  ];
  return rows.map(([field, value]) => ({ field, signed: value, server: value, same: true }));
}

const labels: Record<FieldRow["field"], string> = {
  type: "Type",
  paymentId: "PaymentId",
  pieces: "Pieces",
  invoiceId: "InvoiceId",
  cryptoAmount: "CryptoAmount",
  createdAt: "CreatedAt",
  payer: "Payer",
  invoiceOwner: "InvoiceOwner",
};

function text(fields: FieldRow[]): string {
  return fields.map((row) => `${labels[row.field]}: ${row.signed ?? ""}`).join("\n");
}

/** The armored text round a body. The armor is of no real key: nothing here is ever really verified. */
function armored(body: string): string {
  return [
    "-----BEGIN PGP SIGNED MESSAGE-----",
    "Hash: SHA512",
    "",
    body,
    "-----BEGIN PGP SIGNATURE-----",
    "",
    "iQGzBAEBCgAdFiEEnEEH/jOgXRvi9IpnC5xSqxDY4/YFAmfake0ACgkQC5xSqxDY",
    "4/Zq5gv/Z7k1b0x0m9n3vQwJ1H6sT2uXcYd8eF5gRhLjKpMoNqPsQtRuSvTwUxVy",
    "WzXaYbZcAdBeCfDgEhFiGjHkIlJmKnLoMpNqOrPsQtRuSvTwUxVyWzXaYbZcAdBe",
    "=Kvit",
    "-----END PGP SIGNATURE-----",
    "",
  ].join("\n");
}

/** Verified: signed by the pinned key, every field the payment's. */
export function verified(payment: PaymentDetail): Seal {
  const fields = signedFields(payment);
  return {
    state: "verified",
    reason: null,
    fields,
    signedText: text(fields),
    keyGroups,
    signedAt: payment.created,
    raw: armored(text(fields)),
  };
}

/** Signed by the pinned key, but naming half the amount. */
export function mismatched(payment: PaymentDetail): Seal {
  const fields = signedFields(payment).map((row) =>
    row.field === "cryptoAmount"
      ? { ...row, signed: btc((BigInt(payment.sats) / 2n).toString()), same: false }
      : row,
  );
  return { ...verified(payment), state: "doesNotMatch", fields, signedText: text(fields), raw: armored(text(fields)) };
}

/** The signature does not fit the text. */
export function forged(payment: PaymentDetail): Seal {
  return { ...noSeal, state: "forged", reason: "badSignature", raw: armored(text(signedFields(payment))) };
}

/** Could not be checked. */
export function unverified(payment: PaymentDetail, reason: Seal["reason"]): Seal {
  return {
    ...noSeal,
    state: "notVerified",
    reason,
    raw: reason === "noConfirmation" ? null : armored(text(signedFields(payment))),
  };
}

/** Verdict on a pasted text with no payment at hand: what the text itself says decides. */
export function verdict(pasted: string): Seal {
  const lines = pasted.replace(/\r/g, "").split("\n");
  const opening = lines.indexOf("-----BEGIN PGP SIGNED MESSAGE-----");
  const closing = lines.indexOf("-----BEGIN PGP SIGNATURE-----");
  if (pasted.length > 65_536) return { ...noSeal, state: "notVerified", reason: "tooLarge", raw: null };
  if (opening !== 0 || closing < 0) return { ...noSeal, state: "forged", reason: "badFrame", raw: pasted };
  const body = lines.slice(3, closing);
  const known = Object.entries(labels) as [FieldRow["field"], string][];
  const fields = body.flatMap((line): FieldRow[] => {
    const [name = "", ...rest] = line.split(": ");
    const found = known.find(([, label]) => label === name);
    return found ? [{ field: found[0], signed: rest.join(": "), server: null, same: null }] : [];
  });
  if (fields.length !== body.length || fields.length < 7) {
    return { ...noSeal, state: "notVerified", reason: "notAConfirmation", raw: pasted };
  }
  if (!pasted.includes("=Kvit")) return { ...noSeal, state: "forged", reason: "badSignature", raw: pasted };
  return {
    state: "verified",
    reason: null,
    fields,
    signedText: body.join("\n"),
    keyGroups,
    signedAt: new Date().toISOString(),
    raw: pasted,
  };
}
