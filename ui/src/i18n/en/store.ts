import type { StoreDoubt, StorePlace } from "../../ipc/types";
import { pluralEn } from "../plural";

/** Words about the encrypted file an account is kept in. */
export const store = {
  opening: "Opening the data of this account…",
  place: {
    keychain: "an encrypted file, its key in the keychain of this computer",
    passphrase: "an encrypted file, its key made from your passphrase",
    memory: "in memory for this run only: nothing is written to the disk",
    practice: "an encrypted file beside the practice marketplace",
  } satisfies Record<StorePlace, string> as Record<StorePlace, string>,
  label: "Data on this computer",
  settled: "The earlier file is kept, unchanged, under the name",
  locked: {
    title: "This account is locked",
    lead: "What Kvit knows of this account is in an encrypted file on this computer. Its key is made from your passphrase and kept nowhere.",
    field: "Passphrase",
    show: "Show the passphrase",
    hide: "Hide the passphrase",
    submit: "Open",
    busy: "Making the key…",
    slow: "This takes a few seconds on purpose: whoever tries to guess the passphrase has to wait as long for every guess.",
    empty: "Enter the passphrase.",
    forgot: "If the passphrase is lost",
    forgotText:
      "Nobody can open the file without it. Payments and deals are on the marketplace and can be read again; what only this file had cannot. You can set the file aside and begin a new one.",
  },
  taken: {
    title: "Another Kvit has this account open",
    text: "Two at once could pay the same thing twice, so only one at a time may use an account. Close the other Kvit, on this desktop or in another session of this computer, and try again.",
  },
  damaged: {
    title: "The data file of this account is damaged",
    text: "Parts of its file are not what Kvit wrote: a failing disk, a copy that was cut short, or somebody changed it. Kvit has not changed it and does not read from it.",
  },
  newer: {
    title: "A newer Kvit wrote this data file",
    text: "An older Kvit could misread what a newer one wrote. Nothing in the file was touched. Start the newer Kvit, or update this one.",
  },
  keyGone: {
    title: "The key to this account's data is gone",
    text: "The file is here, but the keychain has no key to it. That happens when the keychain was reset or restored from an older copy. Once the keychain has its key back, the file opens again.",
  },
  unwritable: {
    title: "Nothing can be written down",
    text: "Kvit writes down what it does before it does it. While that is impossible, nothing is paid. Make room on the disk, or give Kvit the right to write into its folder, and try again.",
  },
  keychain: {
    title: "The keychain does not hand out the key",
    text: "The key to the encrypted file of this account is in the keychain of this computer, which cannot be read now.",
  },
  other: {
    title: "The data of this account does not open",
    text: "Nothing is paid while nothing can be written down.",
  },
  again: "Try again",
  readable: "Anything on the marketplace itself stays as it is.",
  aside: {
    act: "Set the file aside and begin anew…",
    title: "Set the file aside and begin anew?",
    intro: "The file is kept in its folder under another name: nothing in it is changed or deleted.",
    lost: "Only this file had:",
    lostList: [
      "the archive of receipts, with the day each was first seen",
      "the journal of operations: what was asked here and how it ended",
      "what the marketplace said earlier about amounts and names",
      "drafts that were not sent",
    ],
    back: "Payments, deals and the balance are read again from the marketplace, and receipts it still gives are verified and archived anew.",
    unsettled: "If a payment was on its way when Kvit was last open, look for it among the payments before you pay the same again.",
    done: (name: string) => `The file is kept as ${name}.`,
    confirm: "Set aside and begin anew",
    keep: "Leave it as it is",
  },
  doubt: {
    logGone: {
      title: "A part of the data file was taken away while Kvit was closed.",
      text: "What this computer did last may be missing. Kvit reads everything anew; for a minute and a half nothing is paid.",
    },
    olderCopy: {
      title: "An older copy of the data file was put in its place while Kvit was closed.",
      text: "What this computer did since that copy may be missing. Kvit reads everything anew; for a minute and a half nothing is paid.",
    },
  } satisfies Record<StoreDoubt, { title: string; text: string }> as Record<StoreDoubt, { title: string; text: string }>,
  doubtLook: "Look at the payments",
  memory: {
    title: "This account is kept in memory for this run only.",
    text: "When Kvit closes, its receipts, its journal of operations and drafts are gone. Payments and receipts stay on the marketplace as long as it keeps them; save the receipts that matter to you.",
    understood: "Understood",
  },
  keep: {
    legend: "Where to keep what Kvit knows of this account",
    about: "Receipts, the journal of operations, copies of payments: an encrypted file on this computer.",
    withKeychain: "It is kept in an encrypted file whose key is in the keychain too.",
    passphrase: "In an encrypted file, under a passphrase",
    passphraseNote: "Kvit asks for it at every start. Nobody can replace a lost one.",
    memory: "In memory only, until Kvit is closed",
    memoryNote: "Receipts, the journal and drafts are gone then. Nothing is written to the disk.",
    first: "Passphrase of the file",
    second: "The same once more",
    hint: "Whoever gets hold of the file can try passphrases for as long as they like. Four or more words that have nothing to do with each other are good; a changed name or date is not.",
    missing: (n: number) => `${String(n)} more ${pluralEn(n, { one: "character is", other: "characters are" })} needed.`,
    simple: "Long enough, but quickly guessed: it repeats itself or has digits only.",
    enough: "Long enough. Longer is better: add a word or two.",
    good: "Long enough, if it is no quotation and used nowhere else.",
    tooShort: "At least 10 characters.",
    differ: "The two are not the same.",
    same: "Both are the same.",
  },
};
