import type { Messages } from "../../i18n/en";
import type { Said } from "../../ipc/types";

const count = (text: string): number | null => (/^\d{1,9}$/.test(text) ? Number(text) : null);

/** Words for one thing the marketplace said; null where its own text has to be shown as a stranger's. */
export function version(about: Said, value: string, after: boolean, words: Messages): string | null {
  const { value: said } = words.memory;
  switch (about) {
    case "status":
      return value === "pending" || value === "paid" || value === "canceled" ? words.payments.statuses[value] : null;
    case "pieces":
      return count(value) === null ? null : words.common.pieces(Number(value));
    case "invoice":
      return /^\d{1,20}$/.test(value) ? said.invoice(value) : null;
    case "secret": {
      const n = count(value);
      return n === null ? null : after ? said.kept(n) : said.had(n);
    }
    case "receipt":
      if (value === "verified") return said.verified;
      if (value === "does_not_match") return said.doesNotMatch;
      return value === "forged" ? said.forged : null;
    case "presence":
      return value === "listed" ? said.listed : value === "gone" ? said.gone : null;
    case "amount":
    case "created":
    case "buyer":
    case "seller":
      return null;
  }
}
