import type { Language } from "../ipc/types";
import { en, type Messages } from "./en";
import { ru } from "./ru";

/** A language the app speaks. */
export type Lang = "en" | "ru";

const words: Record<Lang, Messages> = { en, ru };

let current = $state<Lang>(systemLang());

/** The language of the system, as far as the app speaks it. */
export function systemLang(): Lang {
  const preferred = typeof navigator === "undefined" ? [] : navigator.languages;
  return preferred.some((tag) => tag.toLowerCase().startsWith("ru")) ? "ru" : "en";
}

/** The words in the language of the screens; reactive. */
export function t(): Messages {
  return words[current];
}

/** The language of the screens, for Intl and the `lang` attribute; reactive. */
export function lang(): Lang {
  return current;
}

export function speak(language: Language): void {
  current = language === "system" ? systemLang() : language;
  if (typeof document !== "undefined") document.documentElement.lang = current;
}
