/** Does this computer name its command key ⌘? */
export const apple = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The command key of this computer is down, and neither Alt nor the other one. */
export function command(event: KeyboardEvent): boolean {
  return (apple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey) && !event.altKey;
}

/** The key belongs to somebody who is typing. */
export function typing(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

/**
 * The digit of a section shortcut, by the place of the key: the same on every layout, Cyrillic included.
 */
export function digit(event: KeyboardEvent): number | null {
  const match = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  return match === null ? null : Number(match[1]);
}

/** The Latin letter at the place of the key, so that Ctrl-K works on a Cyrillic layout. */
export function letter(event: KeyboardEvent): string | null {
  const match = /^Key([A-Z])$/.exec(event.code);
  return match?.[1]?.toLowerCase() ?? null;
}

/** Words for a shortcut of the command key: `Ctrl K` or `⌘ K`. */
export function chord(key: string): string {
  return `${apple ? "⌘" : "Ctrl"} ${key}`;
}
