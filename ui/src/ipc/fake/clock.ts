/** Moment the fake world was made; everything in it is told from here. */
export const start = Date.now();

/** A moment so many minutes before the world was made, as the contract writes times. */
export function ago(minutes: number): string {
  return new Date(start - minutes * 60_000).toISOString();
}

/** A moment so many minutes from now. */
export function ahead(minutes: number): string {
  return new Date(Date.now() + minutes * 60_000).toISOString();
}

/** Now. */
export function now(): string {
  return new Date().toISOString();
}
