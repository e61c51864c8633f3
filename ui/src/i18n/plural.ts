const english = new Intl.PluralRules("en");
const russian = new Intl.PluralRules("ru");

/** The English form for a count. */
export function pluralEn(count: number, forms: { one: string; other: string }): string {
  return english.select(count) === "one" ? forms.one : forms.other;
}

/** The Russian form for a whole count: 1 платёж, 2 платежа, 5 платежей. */
export function pluralRu(count: number, forms: { one: string; few: string; many: string }): string {
  const form = russian.select(count);
  return form === "one" ? forms.one : form === "few" ? forms.few : forms.many;
}

/** A whole count with spaces between thousands at which no line breaks, the same in both languages: 100 000. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
}
