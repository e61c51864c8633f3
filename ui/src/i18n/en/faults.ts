import type { FaultCode, MoneyMoved, NextStep } from "../../ipc/types";

/** Values a fault carries for its words, by name; any of them may be absent. */
export type FaultValues = Record<string, string>;

/** One sentence (or two) about a fault. */
export type FaultSentence = (values: FaultValues) => string;

/** Bytes in whole mebibytes, as text; `null` for what is no number. */
export function mebibytes(bytes: string | undefined): string | null {
  const count = Number(bytes ?? "");
  return Number.isSafeInteger(count) && count > 0 ? String(Math.floor(count / 1_048_576)) : null;
}

/** Words for every fault: what happened, whether money moved, the one next step. */
export const faults = {
  code: {
    addressInvalid: () =>
      "This is not a server address. Write it as https://host or host:port, without a path.",
    nameNotFound: (v) =>
      `No computer answers to the name ${v.host ?? "in this address"}. Check the spelling and your network.`,
    connectionRefused: (v) =>
      `The server ${v.host ?? ""} refuses the connection. It may be down, or the port may be wrong.`.replace("  ", " "),
    unreachable: () => "The server cannot be reached from this network.",
    proxyFailed: (v) =>
      `The proxy ${v.proxy ?? ""} does not let us through. Check that it runs (Tor, for instance) and that its address is right.`.replace(
        "  ",
        " ",
      ),
    certificateUntrusted: () =>
      "Nobody this computer trusts vouches for the server's certificate. If you expect that, compare the certificate and pin it.",
    certificateChanged: () =>
      "The server shows another certificate than the pinned one. Nothing was sent to it. Ask the marketplace before you pin the new one.",
    notAMarketplace: () => "There is a server at this address, but it is not a marketplace.",
    timedOut: () => "The marketplace has not answered in time.",
    connectionLost: () => "The connection broke before the answer came.",
    serverBusy: () => "The marketplace is too busy to answer now.",
    notConnected: () => "There is no connection to the marketplace at the moment. It is being restored.",
    tokenInvalid: () => "This is not an API token: a token is 64 hexadecimal digits.",
    tokenMissing: () => "The API token of this account is not on this computer. Enter it again.",
    tokenRejected: () =>
      "The marketplace does not accept the API token: it has expired or was replaced. Make a new one on your profile page there.",
    tokenLacksRights: () => "The API token is valid but has no right to trade. Make one for third-party applications.",
    userGone: () => "The token belongs to a user who has no account on this marketplace.",
    malformed: (v) =>
      v.path
        ? `The marketplace's answer cannot be read (${v.path}). Nothing in it was used.`
        : "The marketplace's answer cannot be read. Nothing in it was used.",
    unsupported: () => "This marketplace cannot do that.",
    invoiceNumberInvalid: () => "This is neither an invoice number nor a link to an invoice.",
    invoiceNotFound: (v) =>
      v.invoice ? `There is no invoice ${v.invoice} on this marketplace.` : "There is no such invoice on this marketplace.",
    invoiceNotActive: () => "This invoice takes no payments: it was deleted or has been paid.",
    invoiceSoldOut: () => "Sold out: no pieces of this invoice are left.",
    invoiceExpired: () => "The time to pay this invoice is over.",
    ownInvoice: () => "This is your own invoice. It can be paid by others only.",
    tooManyPieces: (v) =>
      v.max ? `That is more than there is: at most ${v.max} at once.` : "That is more pieces than this invoice has.",
    tooFewPieces: (v) =>
      v.min ? `That is too few: at least ${v.min} at once.` : "That is fewer pieces than this invoice sells.",
    privateForAnonymous: () => "This invoice is for a named buyer; an anonymous account cannot pay it.",
    insufficientBalance: () => "The balance is too small for this payment.",
    paymentPending: () => "You already have a payment on this invoice that is waiting. Finish or cancel that one first.",
    paymentNotFound: () => "There is no such payment in this account.",
    paymentCanceled: () => "This payment was canceled earlier.",
    paymentAlreadyPaid: () => "This payment is complete and cannot be canceled.",
    webhookFailed: () => "The seller's shop did not take the order, so the marketplace undid the payment.",
    priceChanged: () => "The price changed between what you saw and your click. Look at the new one and decide again.",
    outcomeUnknown: () => "We have not heard back. The money may have left: do not pay again, we are checking.",
    operationInProgress: () =>
      "An earlier attempt on this invoice is not settled yet. Until it is, this invoice cannot be paid again.",
    noSuitableAd: () => "Nobody sells bitcoin for this sum in this country, currency and payment system right now.",
    adNotFound: () => "This advertisement is gone.",
    adChanged: () => "The trader changed this advertisement. Look at it again.",
    dealTooLarge: () => "The sum is above the trader's limit.",
    dealTooSmall: () => "The sum is below the trader's limit.",
    ownAd: () => "This advertisement is your own.",
    blockedByOwner: () => "This trader does not deal with you.",
    dealAlreadyOpen: () => "You already have an open deal on this advertisement. Finish it first, or choose another one.",
    traderLacksFunds: () => "The trader has too little bitcoin for this deal.",
    dealNotFound: () => "There is no such deal in this account.",
    dealNotOpen: () => "This deal is no longer open.",
    dealNotYours: () => "In this deal that is for the other side to do.",
    fiatDeclared: () => "You have said that the money was sent; now the deal cannot be canceled.",
    alreadyDeclared: () => "You have already said that the money was sent.",
    dealClosedForMessages: () => "This deal is over and takes no more messages.",
    messageTooLong: (v) => `The message is too long: at most ${v.max ?? "1000"} characters.`,
    messageEmpty: () => "The message is empty.",
    userNotFound: () => "There is no such person on this marketplace.",
    argumentRejected: () => "The marketplace did not accept a value that was sent to it.",
    serverFailed: () => "The marketplace failed inside.",
    concurrency: () => "The marketplace was busy with the same thing for somebody else.",
    tooManySubscriptions: () =>
      "Too many apps listen on this account at once. Close one of them, or wait a minute.",
    serverSaid: () => "The marketplace refused and gave its own reason.",
    keyUnreadable: () => "This is not a public key. It starts with “BEGIN PGP PUBLIC KEY BLOCK”.",
    keyIsSecret: () => "This is a secret key. It was not kept; ask for the public one, and tell its owner.",
    keyTooLarge: () => "This key is far larger than any marketplace's key.",
    fingerprintNotConfirmed: () => "Compare the fingerprint and confirm it before the key is pinned.",
    pinInvalid: () => "A certificate fingerprint is 64 hexadecimal digits (SHA-256).",
    proxyInvalid: () => "Write the proxy as host:port, for instance 127.0.0.1:9050.",
    accountNotFound: () => "There is no such account on this computer.",
    keychainMissing: () =>
      "This computer has no keychain running. Install one (GNOME Keyring or KeePassXC), or keep the token for this session only.",
    keychainLocked: () => "The keychain is locked. Unlock it and try again, or keep the token for this session only.",
    keychainDenied: () =>
      "Access to the keychain was denied. Allow it in the system's settings, or keep the token for this session only.",
    keychainBroken: () =>
      "The keychain failed in a way we do not know. The token was not kept. You can keep it for this session only.",
    fileUnreadable: () => "The file cannot be read as text.",
    fileTooLarge: () => "The file is too large: a confirmation or a key is never larger than 1 MiB.",
    settingsUnwritable: () => "The settings cannot be saved on this computer. Check the disk and its rights.",
    practiceFailed: () => "The practice marketplace did not start.",
    internal: () => "Something went wrong inside Kvit.",
    accountChanged: () =>
      "Another account has come into use since this was drawn. Nothing was sent. Go back to the account you meant, or look at this one anew.",
    storeTaken: () => "Another Kvit has the data of this account open. Only one at a time may write there.",
    storeDamaged: () => "The data file of this account is damaged: parts of it are not what Kvit wrote.",
    storeNewer: (v) =>
      v.found
        ? `A newer Kvit wrote the data file of this account (its format is ${v.found}; this Kvit reads up to ${v.known ?? "an older one"}).`
        : "A newer Kvit wrote the data file of this account.",
    storeKeyGone: () => "The keychain no longer has the key to the data file of this account.",
    storeUnwritable: () =>
      "Nothing can be written to the data file of this account: the disk is full, or Kvit has no right to write there.",
    storeLocked: () => "The data of this account is locked. Enter its passphrase.",
    passphraseWrong: () => "This is not the passphrase of this account's data.",
    passphraseTooShort: (v) => `The passphrase is too short: at least ${v.min ?? "10"} characters.`,
    operationNotFound: () => "There is no such operation in the journal of this account.",
    receiptNotFound: () => "The archive of this account has no receipt for this payment.",
    fileUnwritable: () => "The file could not be written. Check the folder, its rights and the free space.",
    messageNotFound: () => "This message is not in the conversation any more.",
    tooManyPictures: (v) => `That is too many pictures: at most ${v.max ?? "10"} in one message.`,
    conversationNotFound: () => "There is no such conversation in this account.",
    conversationNotAllowed: () => "The marketplace does not let you write about this: only its buyer and its seller can.",
    pictureTooLarge: (v) => {
      const max = mebibytes(v.max);
      return max === null ? "The picture is too large." : `The picture is too large: at most ${max} MiB.`;
    },
    pictureUnsupported: (v) =>
      v.kind
        ? `Kvit does not open pictures of the kind ${v.kind}. Save it as JPEG, PNG or WebP and take that.`
        : "This is not a picture Kvit can open. JPEG, PNG, WebP, GIF, BMP and TIFF will do.",
    pictureDamaged: () => "The picture is damaged or cut short: it cannot be opened whole.",
    pictureTooManyPixels: (v) =>
      v.width && v.height
        ? `The picture is too big to be opened safely: ${v.width} × ${v.height} pixels.`
        : "The picture is too big to be opened safely.",
    pictureTooHeavy: () => "Opening this picture took more time or memory than a picture may take. It was not opened.",
    pictureNotFound: () => "The picture is not there.",
    pictureRefused: () => "The marketplace did not take the picture.",
    pictureExists: () => "The marketplace already has another picture under this number. Take the picture anew.",
    feedbackTooLong: (v) => `That is too long: at most ${v.max ?? "500"} characters.`,
    feedbackGiven: () => "You have already said how it went. What was said is final.",
    feedbackNotPossible: () => "How it went cannot be said here: it is not finished, or it was not yours.",
    paymentNotPaid: () => "This payment is not paid, so nothing can be given back.",
    refundOfARefund: () => "This payment is itself a refund; it cannot be given back.",
    refundNotYours: () => "Only the seller can give back what was paid to them.",
    refundToAnonymous: () =>
      "The buyer is anonymous, and the marketplace gives back to named accounts only. Agree with the buyer on another way.",
    refundTooMany: (v) => `That is more than is left to give back${v.max ? `: at most ${v.max}` : ""}.`,
    refundMayCostMore: (v) =>
      v.amount && v.worst
        ? `From balance, this marketplace may take ${v.worst} satoshi instead of ${v.amount}. Give back one piece at a time, or pay through a deal.`
        : "From balance, this marketplace may take more than the refund costs. Give back one piece at a time, or pay through a deal.",
    refundNotOpen: () => "This refund is no longer open: it was paid or withdrawn.",
    bundleUnreadable: () => "This file is not a bundle of evidence made by Kvit, or it is cut short.",
  } satisfies Record<FaultCode, FaultSentence> as Record<FaultCode, FaultSentence>,
  money: {
    no: "No money has moved.",
    yes: "Money has moved.",
    unknown: "Whether money has moved is not known yet. Do not pay again.",
  } satisfies Record<MoneyMoved, string> as Record<MoneyMoved, string>,
  next: {
    tryAgain: "Try again",
    checkConnection: "Check the connection",
    enterToken: "Enter a new token",
    unlockKeychain: "Try the keychain again",
    changePieces: "Change the number of pieces",
    payAnotherWay: "Pay another way",
    changeSearch: "Change the search",
    reviewPrice: "Look at the new price",
    openPayment: "Open the payment",
    enterPassphrase: "Enter the passphrase",
    setAside: "Set the file aside",
    closeOther: "Try again",
    wait: "We are checking",
  } satisfies Record<NextStep, string> as Record<NextStep, string>,
  quote: "Code to quote",
  details: "What the server said",
  serverSaid: "Words of the server as they came. They may be wrong or meant to mislead; do not follow links from them.",
};
