import type { Messages } from "../en";
import type { NewsValues } from "../en/news";
import { pluralRu } from "../plural";

const of = (text: string, who: string): string => (who === "" ? text : `${text}: ${who}`);
const about = (text: string, v: NewsValues): string => of(v.what === "" ? text : `${text}, ${v.what}`, v.who);

export const news = {
  title: "Новости",
  bell: (n) => (n === 0 ? "Новости" : `Новости: не прочитано ${String(n)}`),
  unread: "ещё не прочитано",
  emptyTitle: "Новостей пока нет",
  empty:
    "Здесь будет то, что сделали другие, пока вы смотрели в другую сторону: платежи вам, сообщения и перемены в сделках, выставленные вам счета.",
  more: "Более ранние",
  many: (n) =>
    `${String(n)} ${pluralRu(n, { one: "новость", few: "новости", many: "новостей" })}`,
  asOf: "Новости приходят, пока Kvit на связи; пропущенное появится при следующем подключении.",
  line: {
    dealChanged: (v) => about("Сделка изменилась", v),
    fiatDeclared: (v) => about("Контрагент говорит, что отправил деньги", v),
    dealCompleted: (v) => about("Сделка завершена", v),
    dealCanceled: (v) => about("Сделка отменена", v),
    dealDisputed: (v) => about("В сделку позвали арбитра", v),
    dealMessage: (v) => of("Сообщение в сделке", v.who),
    invoiceIssued: (v) => about("Вам выставили счёт", v),
    invoiceWithdrawn: (v) => about("Счёт вам отозвали", v),
    paymentReceived: (v) => about("Пришёл платёж", v),
    conversationMessage: (v) => of("Сообщение; прочитать его можно на сайте площадки", v.who),
    other: (v) => about("Случилось что-то, чего эта версия Kvit не знает", v),
  },
} satisfies Messages["news"];
