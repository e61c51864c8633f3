import type { Messages } from "../../i18n/en";
import type { AccountCard } from "../../ipc/types";
import { oneLine } from "../../lib/strange";

/** What an account is called on screen: the practice one in the language of the screens, another as the person named it. */
export function accountName(account: AccountCard, words: Messages): string {
  return account.kind === "practice" ? words.frame.practiceName : oneLine(account.label);
}
