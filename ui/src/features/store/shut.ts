import type { StoreCard } from "../../ipc/types";

/** Nothing of the account can be shown: its data is being opened, waits for its passphrase, or did not open. */
export function shut(store: StoreCard): boolean {
  return store.state === "opening" || store.state === "locked" || store.state === "failed";
}
