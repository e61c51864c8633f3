export const welcome = {
  title: "Kvit",
  what: "Kvit pays invoices on a bitcoin marketplace and keeps the signed receipts, each checked on this computer.",
  how: "Your access token stays in this computer's keychain, and nothing is paid twice because an answer was lost.",
  practise: "Practise",
  practiseNote: "A marketplace inside this app, with people who trade and money that is not money. No account is needed.",
  practising: "Starting the practice marketplace…",
  connect: "Connect",
  connectNote: "Your own account on a marketplace: its address and an API token from your profile page there.",
  language: "Language",
  receipts: "Only want to check a receipt? No account is needed for that:",
  receiptsLink: "check a receipt",
};
