// Outcomes, said once: shown at the foot of the window and read out by a screen reader.

export interface Said {
  id: number;
  text: string;
  tone: "plain" | "ok" | "bad";
}

let last = $state.raw<Said | null>(null);
let count = 0;

/** What was said last; reactive. */
export function said(): Said | null {
  return last;
}

export function say(text: string, tone: Said["tone"] = "plain"): void {
  count += 1;
  last = { id: count, text, tone };
}

export function unsay(id: number): void {
  if (last?.id === id) last = null;
}
