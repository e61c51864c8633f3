import type { Lang } from "../i18n/words.svelte";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** Milliseconds of an RFC 3339 time; null when it is none. */
export function instant(text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

// Formats are costly to make and few: one of each is kept.
const formats = new Map<string, Intl.DateTimeFormat>();

function format(lang: Lang, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = lang + JSON.stringify(options);
  let made = formats.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat(lang === "ru" ? "ru-RU" : "en-GB", options);
    formats.set(key, made);
  }
  return made;
}

/** `14:05`. */
export function clockTime(at: number, lang: Lang): string {
  return format(lang, { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** `14:05:09`. */
export function clockSeconds(at: number, lang: Lang): string {
  return format(lang, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at);
}

/** `2026-02-03 13:05:09`, in UTC, the same in every language: for evidence and letters. */
export function utc(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace("T", " ");
}

/** `3 February 2026, 14:05:09`, of this computer's zone. */
export function fullTime(at: number, lang: Lang): string {
  return format(lang, { dateStyle: "long", timeStyle: "medium" }).format(at);
}

/** `3 February 2026, 14:05`. */
export function dayAndTime(at: number, lang: Lang): string {
  return format(lang, { dateStyle: "long", timeStyle: "short" }).format(at);
}

/** `3 February 2026`. */
export function day(at: number, lang: Lang): string {
  return format(lang, { dateStyle: "long" }).format(at);
}

/** `14:05` of today, else `3 Feb, 14:05`, with the year when it is another one. */
export function shortTime(at: number, now: number, lang: Lang): string {
  return dayKey(at) === dayKey(now) ? clockTime(at, lang) : `${shortDay(at, now, lang)}, ${clockTime(at, lang)}`;
}

/** `3 Feb`, with the year when it is another one. */
export function shortDay(at: number, now: number, lang: Lang): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return format(lang, { day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) }).format(at);
}

/** Number of the local day, the same for all times of one day. */
export function dayKey(at: number): string {
  const date = new Date(at);
  return `${String(date.getFullYear())}-${String(date.getMonth() + 1)}-${String(date.getDate())}`;
}

/** "Today", "Yesterday", `Tuesday, 3 February`, with the year when it is another one. */
export function dayLabel(at: number, now: number, lang: Lang): string {
  const midnight = (time: number): number => new Date(time).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(now) - midnight(at)) / (DAY * 1000));
  if (days === 0 || days === 1) {
    return capital(new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(-days, "day"), lang);
  }
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const options: Intl.DateTimeFormatOptions = sameYear
    ? { weekday: "long", day: "numeric", month: "long" }
    : { day: "numeric", month: "long", year: "numeric" };
  return capital(format(lang, options).format(at), lang);
}

function capital(text: string, lang: Lang): string {
  return text.slice(0, 1).toLocaleUpperCase(lang) + text.slice(1);
}

/** `5 minutes ago`, `2 days ago`; "now" within half a minute either way. */
export function ago(at: number, now: number, lang: Lang): string {
  const seconds = Math.round((at - now) / 1000);
  const size = Math.abs(seconds);
  const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  if (size < 30) return relative.format(0, "second");
  if (size < HOUR) return relative.format(Math.round(seconds / MINUTE), "minute");
  if (size < DAY) return relative.format(Math.round(seconds / HOUR), "hour");
  if (size < 30 * DAY) return relative.format(Math.round(seconds / DAY), "day");
  if (size < 365 * DAY) return relative.format(Math.round(seconds / (30 * DAY)), "month");
  return relative.format(Math.round(seconds / (365 * DAY)), "year");
}

/** A duration in its two largest units: `1 h 05 min`, `4 min 09 s`. Negative counts as none. */
export function duration(seconds: number, lang: Lang): string {
  const whole = Math.max(0, Math.floor(seconds));
  const unit = lang === "ru" ? { d: "д", h: "ч", m: "мин", s: "с" } : { d: "d", h: "h", m: "min", s: "s" };
  const two = (n: number): string => String(n).padStart(2, "0");
  const space = "\u00a0";
  if (whole >= DAY) {
    return `${String(Math.floor(whole / DAY))}${space}${unit.d} ${String(Math.floor((whole % DAY) / HOUR))}${space}${unit.h}`;
  }
  if (whole >= HOUR) {
    return `${String(Math.floor(whole / HOUR))}${space}${unit.h} ${two(Math.floor((whole % HOUR) / MINUTE))}${space}${unit.m}`;
  }
  if (whole >= MINUTE) {
    return `${String(Math.floor(whole / MINUTE))}${space}${unit.m} ${two(whole % MINUTE)}${space}${unit.s}`;
  }
  return `${String(whole)}${space}${unit.s}`;
}
