import type { ConnectionState } from "../../ipc/types";
import { pluralEn } from "../plural";

export const frame = {
  app: "Kvit",
  sections: { payments: "Payments", pay: "Pay", deals: "Deals", talks: "Conversations", receipts: "Receipts", settings: "Settings" },
  start: "Start",
  nav: "Sections",
  main: "Main",
  skip: "Skip to the content",
  accounts: "Accounts",
  switchAccount: "Account",
  practice: "practice money",
  practiceName: "Practice",
  noAccount: "No account",
  addAccount: "Connect another marketplace",
  addPractice: "Practise",
  money: {
    title: "Money",
    available: "Available",
    expected: "Expected",
    inDeals: "In deals",
    unresolved: "Not known yet",
    notRead: "The balance has not been read yet.",
    show: "Show amounts",
    hide: "Hide amounts",
  },
  connection: {
    title: "Connection",
    idle: "No account in use",
    connecting: "Connecting…",
    connected: "Connected",
    waiting: "No connection; trying again",
    stopped: "Not connected",
  } satisfies Record<ConnectionState | "title", string> as Record<ConnectionState | "title", string>,
  heard: (time: string) => `heard at ${time}`,
  reconnect: "Try now",
  waitingDeals: (n: number) => `${String(n)} ${pluralEn(n, { one: "deal waits", other: "deals wait" })} for you`,
  unknownOperations: (n: number) =>
    n === 1
      ? "The outcome of one payment is not known yet. Do not pay again: we are checking."
      : `The outcome of ${String(n)} payments is not known yet. Do not pay again: we are checking.`,
  unknownActs: (n: number) =>
    n === 1
      ? "The outcome of one operation is not known yet. Do not repeat it: we are checking."
      : `The outcome of ${String(n)} operations is not known yet. Do not repeat them: we are checking.`,
  needsAPerson: "The outcome of an operation could not be established. Please look at it.",
  look: "Look",
  started: "Kvit is starting…",
  startFailed: "Kvit could not start.",
  palette: {
    title: "Go to",
    hint: "A section, or the number of a payment, invoice or deal",
    goTo: (name: string) => `Go to ${name}`,
    payment: (id: string) => `Open payment ${id}`,
    invoice: (id: string) => `Pay invoice ${id}`,
    deal: (id: string) => `Open deal ${id}`,
    find: (text: string) => `Find “${text}” among payments`,
    check: "Check a receipt",
    act: "Actions",
    numbers: "By number",
    empty: "Nothing by this name",
    hideAmounts: "Hide or show amounts",
    theme: "Switch between light and dark",
  },
  shortcuts: {
    title: "Shortcuts",
    sections: "Go to a section",
    find: "Find on this screen",
    palette: "Go to anything",
    sheet: "This sheet",
    close: "Close or go back",
    updown: "Next and previous in a list",
    hide: "Hide or show amounts",
    pay: "Press a focused payment button",
    moneyNote: "A payment button ignores a bare Enter, so that money never moves by accident.",
  },
};
