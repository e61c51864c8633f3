let id = $state<string | null>(null);

/** Number of the account in use; reactive. */
export function current(): string | null {
  return id;
}

export function setCurrent(account: string | null): void {
  id = account;
}
