import type { Messages } from "../en";
import { pluralRu } from "../plural";

export const frame = {
  app: "Kvit",
  sections: { payments: "Платежи", pay: "Оплатить", deals: "Сделки", talks: "Переписка", receipts: "Квитанции", settings: "Настройки" },
  start: "Начало",
  nav: "Разделы",
  main: "Основное",
  skip: "К содержанию",
  accounts: "Учётные записи",
  switchAccount: "Учётная запись",
  practice: "учебные деньги",
  practiceName: "Учебная площадка",
  noAccount: "Нет учётной записи",
  addAccount: "Подключить другую площадку",
  addPractice: "Потренироваться",
  money: {
    title: "Деньги",
    available: "Доступно",
    expected: "Ожидается",
    inDeals: "В сделках",
    unresolved: "Ещё неизвестно",
    notRead: "Баланс ещё не прочитан.",
    show: "Показать суммы",
    hide: "Скрыть суммы",
  },
  connection: {
    title: "Связь",
    idle: "Учётная запись не выбрана",
    connecting: "Соединяемся…",
    connected: "На связи",
    waiting: "Связи нет, пробуем снова",
    stopped: "Не подключено",
  },
  heard: (time) => `последний ответ в ${time}`,
  reconnect: "Попробовать сейчас",
  waitingDeals: (n) =>
    `${pluralRu(n, { one: "Вас ждёт", few: "Вас ждут", many: "Вас ждут" })} ${String(n)} ${pluralRu(n, { one: "сделка", few: "сделки", many: "сделок" })}`,
  unknownOperations: (n) =>
    n === 1
      ? "Исход одного платежа пока неизвестен. Не платите ещё раз: мы проверяем."
      : `Исход ${String(n)} ${pluralRu(n, { one: "платежа", few: "платежей", many: "платежей" })} пока неизвестен. Не платите ещё раз: мы проверяем.`,
  unknownActs: (n) =>
    n === 1
      ? "Исход одной операции пока неизвестен. Не повторяйте её: мы проверяем."
      : `Исход ${String(n)} ${pluralRu(n, { one: "операции", few: "операций", many: "операций" })} пока неизвестен. Не повторяйте их: мы проверяем.`,
  needsAPerson: "Исход операции установить не удалось. Посмотрите на неё сами.",
  look: "Посмотреть",
  started: "Kvit запускается…",
  startFailed: "Kvit не запустился.",
  palette: {
    title: "Перейти",
    hint: "Раздел или номер платежа, счёта, сделки",
    goTo: (name) => `Перейти: ${name}`,
    payment: (id) => `Открыть платёж ${id}`,
    invoice: (id) => `Оплатить счёт ${id}`,
    deal: (id) => `Открыть сделку ${id}`,
    find: (text) => `Найти «${text}» среди платежей`,
    check: "Проверить квитанцию",
    act: "Действия",
    numbers: "По номеру",
    empty: "Ничего с таким названием",
    hideAmounts: "Скрыть или показать суммы",
    theme: "Сменить светлую тему на тёмную и обратно",
  },
  shortcuts: {
    title: "Клавиши",
    sections: "Перейти в раздел",
    find: "Искать на этом экране",
    palette: "Перейти куда угодно",
    sheet: "Эта памятка",
    close: "Закрыть или вернуться",
    updown: "Следующая и предыдущая строка списка",
    hide: "Скрыть или показать суммы",
    pay: "Нажать выбранную кнопку оплаты",
    moneyNote: "Простой Enter кнопка оплаты не слушает: деньги не уйдут случайно.",
  },
} satisfies Messages["frame"];
