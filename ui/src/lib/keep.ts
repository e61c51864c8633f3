// Small things of the window that survive a restart (a selected row, a draft). Never money, never a secret.

const PREFIX = "kvit.";

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Keeps a text; an empty or null one is forgotten. A full or forbidden store loses convenience, nothing else. */
export function keep(name: string, text: string | null): void {
  try {
    if (text === null || text === "") localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, text);
  } catch {
    // Nothing depends on it.
  }
}
