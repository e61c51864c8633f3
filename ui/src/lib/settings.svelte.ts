import { speak } from "../i18n/words.svelte";
import type { Settings } from "../ipc/types";

let current = $state.raw<Settings>({
  language: "system",
  theme: "system",
  unit: "btc",
  hideAmounts: false,
  listWidth: 380,
  notifications: "who",
});

/** What the person chose for the app; reactive. */
export function settings(): Settings {
  return current;
}

const dark = typeof matchMedia === "undefined" ? null : matchMedia("(prefers-color-scheme: dark)");

function paint(): void {
  const theme = current.theme === "system" ? (dark?.matches === true ? "dark" : "light") : current.theme;
  document.documentElement.dataset["theme"] = theme;
}

dark?.addEventListener("change", paint);

/** Shows the screens as the settings say. */
export function apply(next: Settings): void {
  current = next;
  speak(next.language);
  paint();
}
