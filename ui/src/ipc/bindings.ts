// The contract between the screens and the shell: views and commands, in the shape the generator writes.
import { invoke as __TAURI_INVOKE } from "@tauri-apps/api/core";
import * as __TAURI_EVENT from "@tauri-apps/api/event";

/** Commands */
export const commands = {
  appState: () => typedError<AppState, Fault>(__TAURI_INVOKE("app_state")),
  setSettings: (settings: Settings) => typedError<Settings, Fault>(__TAURI_INVOKE("set_settings", { settings })),
  startPractice: () => typedError<AccountCard, Fault>(__TAURI_INVOKE("start_practice")),
  probeServer: (address: string, proxy: string) => typedError<ServerCard, Fault>(__TAURI_INVOKE("probe_server", { address, proxy })),
  inspectKey: (text: string) => typedError<KeyCard, Fault>(__TAURI_INVOKE("inspect_key", { text })),
  connect: (form: ConnectForm) => typedError<AccountCard, Fault>(__TAURI_INVOKE("connect", { form })),
  enterToken: (account: string, token: string, keepInKeychain: boolean) => typedError<AccountCard, Fault>(__TAURI_INVOKE("enter_token", { account, token, keepInKeychain })),
  switchAccount: (id: string) => typedError<AppState, Fault>(__TAURI_INVOKE("switch_account", { id })),
  removeAccount: (id: string) => typedError<AppState, Fault>(__TAURI_INVOKE("remove_account", { id })),
  probeKeychain: () => typedError<KeychainState, Fault>(__TAURI_INVOKE("probe_keychain")),
  reconnect: () => typedError<null, Fault>(__TAURI_INVOKE("reconnect")),
  payments: (query: PaymentsQuery) => typedError<PaymentsPage, Fault>(__TAURI_INVOKE("payments", { query })),
  payment: (id: string) => typedError<PaymentDetail, Fault>(__TAURI_INVOKE("payment", { id })),
  cancelPayment: (id: string) => typedError<PaymentDetail, Fault>(__TAURI_INVOKE("cancel_payment", { id })),
  payDesk: (invoiceText: string, pieces: number | null) => typedError<PayDesk, Fault>(__TAURI_INVOKE("pay_desk", { invoiceText, pieces })),
  suitableAds: (invoice: string, pieces: number, choice: FiatChoice) => typedError<AdList, Fault>(__TAURI_INVOKE("suitable_ads", { invoice, pieces, choice })),
  payFromBalance: (request: PayFromBalance) => typedError<PayOutcome, Fault>(__TAURI_INVOKE("pay_from_balance", { request })),
  payByDeal: (request: PayByDeal) => typedError<PayOutcome, Fault>(__TAURI_INVOKE("pay_by_deal", { request })),
  operation: (id: string) => typedError<OperationCard, Fault>(__TAURI_INVOKE("operation", { id })),
  catalog: () => typedError<Catalog, Fault>(__TAURI_INVOKE("catalog")),
  deals: () => typedError<DealSummary[], Fault>(__TAURI_INVOKE("deals")),
  deal: (id: string) => typedError<DealDetail, Fault>(__TAURI_INVOKE("deal", { id })),
  sendDealMessage: (deal: string, text: string) => typedError<DealDetail, Fault>(__TAURI_INVOKE("send_deal_message", { deal, text })),
  declarePaid: (deal: string, seenFiat: string) => typedError<DealDetail, Fault>(__TAURI_INVOKE("declare_paid", { deal, seenFiat })),
  cancelDeal: (deal: string) => typedError<DealDetail, Fault>(__TAURI_INVOKE("cancel_deal", { deal })),
  person: (id: string) => typedError<PersonCard, Fault>(__TAURI_INVOKE("person", { id })),
  verifyText: (text: string, key: string | null) => typedError<Seal, Fault>(__TAURI_INVOKE("verify_text", { text, key })),
  openTextFile: () => typedError<string | null, Fault>(__TAURI_INVOKE("open_text_file")),
  saveText: (name: string, text: string) => typedError<boolean, Fault>(__TAURI_INVOKE("save_text", { name, text })),
};

/** Events */
export const events = {
  changed: makeEvent<Changed>("changed"),
};

/* Types */
/** Number of an account on this computer, made here, never sent anywhere. */
export type AccountId = string;

/** Practice or real. */
export type AccountKind =
  | "practice"
  | "real";

/** An account as the rail and the settings show it. */
export type AccountCard = {
  /** Its number here. */
  id: AccountId;
  /** Practice or real. */
  kind: AccountKind;
  /** What the person called it; for a new one the host. */
  label: string;
  /** Login name, once the marketplace has told it. */
  username: string | null;
  /** Server address as entered, normalised: `https://host[:port]`. */
  address: string;
  /** SOCKS5 proxy as `host:port`. */
  proxy: string | null;
  /** Pinned certificate: SHA-256 of its DER, lower-case hex. */
  certificatePin: string | null;
  /** Pinned OpenPGP key. */
  key: KeyCard | null;
  /** Where the token is. */
  token: TokenPlace;
};

/** Where an account's token is kept. */
export type TokenPlace =
  | "keychain"
  | "session"
  | "missing"
  | "practice";

/** What the person filled in to connect. The token goes in and never comes back. */
export type ConnectForm = {
  /** `https://host[:port]` or just `host[:port]`. */
  address: string;
  /** API token: 64 hexadecimal digits. */
  token: string;
  /** `host:port` of a SOCKS5 proxy, or empty. */
  proxy: string;
  /** SHA-256 of the server certificate in hex (colons and blanks allowed), or empty. */
  certificatePin: string;
  /** The marketplace's public key, armored, or empty. */
  publicKey: string;
  /** Full fingerprint the person compared and confirmed; must be the key's. */
  confirmedFingerprint: string;
  /** Keep the token in the keychain (`true`) or for this session only. */
  keepInKeychain: boolean;
  /** What to call it; empty: the host. */
  label: string;
};

/** A public key before or after it is pinned. */
export type KeyCard = {
  /** Full fingerprint, upper-case hex. */
  fingerprint: string;
  /** The same in groups of four, for reading aloud. */
  groups: string[];
  /** User ids in the key, control characters made visible. Claims, not facts. */
  userIds: string[];
  /** For instance `RSA 3072`. */
  algorithm: string;
  /** When it says it was made. */
  created: string;
  /** When it expires, if it does. */
  expires: string | null;
  /** Can it sign today? */
  usable: boolean;
  /** A key of the closed exchange whose private half is public: proves nothing. */
  historical: boolean;
};

/** What a server shows before one trusts it. */
export type ServerCard = {
  /** Normalised address. */
  address: string;
  /** SHA-256 of the certificate it showed, lower-case hex. */
  certificate: string;
  /** The system's roots vouch for it. */
  trustedBySystem: boolean;
};

/** State of the keychain of the operating system. */
export type KeychainState =
  | "ready"
  | "missing"
  | "locked"
  | "denied"
  | "broken";

/** Status of a deal (marketplace reference, section 13.5). */
export type DealStatus =
  | "opened"
  | "completed"
  | "canceled"
  | "disputed"
  | "waitDeposit";

/** A deal in a list or on its payment. */
export type DealSummary = {
  /** Number. */
  id: string;
  /** Status. */
  status: DealStatus;
  /** The other side. */
  counterparty: PersonCard;
  /** Fiat side. */
  fiat: FiatSum;
  /** BTC side, satoshi. */
  sats: string;
  /** The person pays the fiat (and gets the bitcoin). */
  iPayFiat: boolean;
  /** The fiat was declared as sent. */
  fiatDeclared: boolean;
  /** Payment system code. */
  paymentType: string;
  /** The invoice payment it funds. */
  payment: string | null;
  /** Created. */
  created: string;
  /** Who must act. */
  turn: Turn | null;
  /** Messages in its chat. */
  messages: number;
};

/** The whole of a deal. */
export type DealDetail = {
  /** What the list shows. */
  summary: DealSummary;
  /** The advertisement with its terms. */
  ad: AdCard;
  /** The end of the payment window. */
  windowEnds: string;
  /** Fiat declared at. */
  fiatDeclaredAt: string | null;
  /** Completed at. */
  completed: string | null;
  /** Canceled at. */
  canceled: string | null;
  /** Disputed at. */
  disputed: string | null;
  /** Fee, satoshi; paid by the owner of the advertisement. */
  feeSats: string | null;
  /** The chat, oldest first. */
  messages: MessageCard[];
  /** The person may say "I paid" now. */
  canDeclare: boolean;
  /** The person may cancel now. */
  canCancel: boolean;
  /** The chat takes messages now. */
  canWrite: boolean;
  /** When this was read. */
  asOf: string;
};

/** A message. A stranger's text, unless it is the person's own. */
export type MessageCard = {
  /** Number. */
  id: string;
  /** Who wrote it. */
  author: Author;
  /** Words. */
  text: string;
  /** How many pictures belong to it. */
  pictures: number;
  /** When. */
  created: string;
};

/** Who wrote a message. */
export type Author =
  | "me"
  | "them"
  | "arbiter";

/** What went wrong. */
export type Fault = {
  /** One of the closed set; the words are the screen's. */
  code: FaultCode;
  /** Did money move? */
  money: MoneyMoved;
  /** At most one thing to do next. */
  next: NextStep | null;
  /** Values for the words, for instance `max` of too many pieces. */
  values: { [key in string]: string };
  /** What the server said, as it said it, for "details"; plain text, bounded. */
  serverText: string | null;
};

/** Did money move? */
export type MoneyMoved =
  | "no"
  | "yes"
  | "unknown";

/** The one thing to do next. */
export type NextStep =
  | "tryAgain"
  | "checkConnection"
  | "enterToken"
  | "unlockKeychain"
  | "changePieces"
  | "payAnotherWay"
  | "changeSearch"
  | "reviewPrice"
  | "openPayment"
  | "wait";

/** The closed set of errors. Words in English and Russian: i18n/en/faults.ts, i18n/ru/faults.ts. */
export type FaultCode =
  | "addressInvalid"
  | "nameNotFound"
  | "connectionRefused"
  | "unreachable"
  | "proxyFailed"
  | "certificateUntrusted"
  | "certificateChanged"
  | "notAMarketplace"
  | "timedOut"
  | "connectionLost"
  | "serverBusy"
  | "notConnected"
  | "tokenInvalid"
  | "tokenMissing"
  | "tokenRejected"
  | "tokenLacksRights"
  | "userGone"
  | "malformed"
  | "unsupported"
  | "invoiceNumberInvalid"
  | "invoiceNotFound"
  | "invoiceNotActive"
  | "invoiceSoldOut"
  | "invoiceExpired"
  | "ownInvoice"
  | "tooManyPieces"
  | "tooFewPieces"
  | "privateForAnonymous"
  | "insufficientBalance"
  | "paymentPending"
  | "paymentNotFound"
  | "paymentCanceled"
  | "paymentAlreadyPaid"
  | "webhookFailed"
  | "priceChanged"
  | "outcomeUnknown"
  | "operationInProgress"
  | "noSuitableAd"
  | "adNotFound"
  | "adChanged"
  | "dealTooLarge"
  | "dealTooSmall"
  | "ownAd"
  | "blockedByOwner"
  | "dealAlreadyOpen"
  | "traderLacksFunds"
  | "dealNotFound"
  | "dealNotOpen"
  | "dealNotYours"
  | "fiatDeclared"
  | "alreadyDeclared"
  | "dealClosedForMessages"
  | "messageTooLong"
  | "messageEmpty"
  | "userNotFound"
  | "argumentRejected"
  | "serverFailed"
  | "concurrency"
  | "tooManySubscriptions"
  | "serverSaid"
  | "keyUnreadable"
  | "keyIsSecret"
  | "keyTooLarge"
  | "fingerprintNotConfirmed"
  | "pinInvalid"
  | "proxyInvalid"
  | "accountNotFound"
  | "accountExists"
  | "keychainMissing"
  | "keychainLocked"
  | "keychainDenied"
  | "keychainBroken"
  | "fileUnreadable"
  | "fileTooLarge"
  | "settingsUnwritable"
  | "practiceFailed"
  | "internal";

/** Fiat sum with its currency. */
export type FiatSum = {
  /** Exact decimal text, two places. */
  amount: string;
  /** ISO 4217 code. */
  currency: string;
};

/** Status of an invoice (marketplace reference, section 6.7), plus what the client sees on its own clock. */
export type InvoiceStatus =
  | "active"
  | "pendingPay"
  | "noPieces"
  | "payed"
  | "deleted"
  | "expired";

/** An invoice. */
export type InvoiceCard = {
  /** Number. */
  id: string;
  /** For one named buyer, paid once. */
  private: boolean;
  /** It pays back a payment. */
  refundOf: string | null;
  /** Priced in BTC: its price never moves. */
  baseCrypto: boolean;
  /** Satoshi for one piece (public) or for all (private) now. */
  unitSats: string;
  /** The price in fiat as the seller set it; none for a BTC price. */
  fiatPrice: FiatSum | null;
  /** The unit price in the person's currency by the average rate; an estimate. */
  fiatEstimate: FiatSum | null;
  /** What the seller says of it. A stranger's text. */
  comment: string;
  /** Fewest pieces at once. */
  piecesMin: number;
  /** Most pieces at once. */
  piecesMax: number;
  /** `pieces_max` is the stock left. */
  limited: boolean;
  /** Status. */
  status: InvoiceStatus;
  /** Completed payments. */
  payments: number;
  /** Seller. */
  owner: PersonCard;
  /** It is the person's own. */
  mine: boolean;
  /** Made. */
  created: string;
  /** Private: payable until. */
  validTo: string | null;
};

/** An invoice on the pay screen, with what stands in the way. */
export type PayDesk = {
  /** The invoice, just read. */
  invoice: InvoiceCard;
  /** Pieces of this desk (what was asked, or the fewest allowed). */
  pieces: number;
  /** Satoshi to pay in all. */
  totalSats: string;
  /** The same in the person's currency by the average rate; an estimate. */
  totalFiat: FiatSum | null;
  /** Spendable satoshi now. */
  balanceSats: string;
  /** What remains after paying from balance; none when it is not enough. */
  remainsSats: string | null;
  /** Why it cannot be paid at all (own, sold out, expired, unknown operation), if so. */
  obstacle: Fault | null;
  /** Why it cannot be paid from balance (too little), if so. */
  balanceObstacle: Fault | null;
  /** The person's payment on this invoice that is pending: open it instead of paying twice. */
  pending: PaymentDetail | null;
  /** The person's last paid payment on this invoice, if any: a second purchase is a choice, not a slip. */
  alreadyPaid: string | null;
  /** An operation on this invoice whose outcome is not known yet. */
  unknown: OperationCard | null;
  /** Where and how fiat was last chosen. */
  lastChoice: FiatChoice | null;
};

/** Country, currency, payment system. */
export type FiatChoice = {
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** ISO 4217. */
  currency: string;
  /** Payment system code of the catalog. */
  paymentType: string;
};

/** An advertisement that fits the total. */
export type AdCard = {
  /** Number. */
  id: string;
  /** Title. A stranger's text. */
  title: string;
  /** Terms. A stranger's text. */
  terms: string;
  /** Fiat for one BTC. */
  price: FiatSum;
  /** What this purchase would cost: price times amount, rounded up to the cent. */
  total: FiatSum;
  /** Smallest deal. */
  min: FiatSum;
  /** Largest deal now. */
  max: FiatSum;
  /** Payment window, minutes. */
  windowMinutes: number;
  /** Country code. */
  country: string;
  /** Payment system code. */
  paymentType: string;
  /** Trader. */
  owner: PersonCard;
};

/** Advertisements for a purchase, best price first. */
export type AdList = {
  /** The invoice. */
  invoice: string;
  /** Pieces. */
  pieces: number;
  /** Satoshi the fiat totals are for. */
  totalSats: string;
  /** The advertisements. */
  ads: AdCard[];
};

/** Pay from balance: what the person saw and agreed to. */
export type PayFromBalance = {
  /** Invoice number. */
  invoice: string;
  /** Pieces. */
  pieces: number;
  /** Satoshi on the button. */
  seenSats: string;
};

/** Pay through an advertisement. */
export type PayByDeal = {
  /** Invoice number. */
  invoice: string;
  /** Pieces. */
  pieces: number;
  /** Satoshi seen. */
  seenSats: string;
  /** Where and how. */
  choice: FiatChoice;
  /** The advertisement; none: whatever is cheapest when the call arrives. */
  ad: string | null;
  /** Fiat on the button, decimal text; for "whatever is cheapest" the most the person agreed to. */
  seenFiat: string;
};

/** How an attempt to pay ended. */
export type PayOutcome =
  | { kind: "done"; payment: PaymentDetail; wasThere: boolean; differs: boolean }
  | { kind: "refused"; fault: Fault }
  | { kind: "unknown"; operation: OperationCard };

/** An operation that moves money, as a screen shows it. */
export type OperationCard = {
  /** Its number here. */
  id: string;
  /** What it does. */
  act: Act;
  /** Invoice it pays, if it does. */
  invoice: string | null;
  /** Pieces. */
  pieces: number | null;
  /** Satoshi the person agreed to. */
  sats: string | null;
  /** Fiat the person agreed to. */
  fiat: FiatSum | null;
  /** To whom. */
  counterparty: string | null;
  /** When it was sent. */
  since: string;
  /** Where it stands. */
  state: OperationState;
  /** How many times the app has looked so far. */
  looks: number;
  /** The payment it made, once known. */
  payment: string | null;
  /** Why it was refused, if it was. */
  fault: Fault | null;
};

/** Acts that move money or cannot be undone. */
export type Act =
  | "payFromBalance"
  | "payByDeal"
  | "payByBestDeal"
  | "cancelPayment"
  | "iPaid"
  | "cancelDeal";

/** Where an operation stands. */
export type OperationState =
  | "sent"
  | "unknown"
  | "done"
  | "refused"
  | "provenAbsent"
  | "needsAPerson";

/** Codes and names for the choice of fiat. */
export type Catalog = {
  /** Countries: code, English name, usual currency. */
  countries: CatalogCountry[];
  /** Currency codes. */
  currencies: string[];
  /** Payment systems: code and name. */
  paymentTypes: CatalogPaymentType[];
};

/** A country of the catalog. */
export type CatalogCountry = {
  /** ISO 3166-1 alpha-2. */
  code: string;
  /** English name; a screen says it in its own language where the system knows it. */
  name: string;
  /** Usual currency. */
  currency: string;
  /** Payment systems that people of this country use first. */
  localPaymentTypes: string[];
};

/** A payment system of the catalog. */
export type CatalogPaymentType = {
  /** Code. */
  code: string;
  /** Name. */
  name: string;
};

/** Which way money goes. */
export type Direction =
  | "fromMe"
  | "toMe";

/** Status of a payment (marketplace reference, section 7.11). */
export type PaymentStatus =
  | "pending"
  | "paid"
  | "canceled";

/** What of the list is wanted. */
export type PaymentsQuery = {
  /** One direction only. */
  direction: Direction | null;
  /** One status only. */
  status: PaymentStatus | null;
  /** Number of a payment or an invoice, part of a name or of the invoice's words; empty: all. */
  text: string;
  /** Older than this payment; none: from the newest. */
  before: string | null;
};

/** A page of the list, newest first. */
export type PaymentsPage = {
  /** The rows. */
  rows: PaymentRow[];
  /** `before` of the next page; none at the end. */
  next: string | null;
  /** When this was read. */
  asOf: string | null;
};

/** A row of the list. */
export type PaymentRow = {
  /** Number. */
  id: string;
  /** Which way. */
  direction: Direction;
  /** The other side. */
  person: string;
  /** What the invoice says. A stranger's text. */
  comment: string;
  /** Invoice number. */
  invoice: string;
  /** Satoshi. */
  sats: string;
  /** The deal's fiat, or an estimate by the average rate. */
  fiat: FiatSum | null;
  /** `fiat` is an estimate. */
  fiatEstimated: boolean;
  /** Pieces. */
  pieces: number;
  /** It pays a refund. */
  refund: boolean;
  /** Status. */
  status: PaymentStatus;
  /** Seal. */
  seal: SealState;
  /** The person has to act, until when. */
  turn: Turn | null;
  /** Created. */
  created: string;
};

/** Who must act, by when. */
export type Turn = {
  /** What is waited for. */
  waitsFor: WaitsFor;
  /** Until when. */
  until: string | null;
  /** The sum it is about. */
  fiat: FiatSum | null;
};

/** What a pending payment or an open deal waits for. */
export type WaitsFor =
  | "myTransfer"
  | "theirTransfer"
  | "theirConfirmation"
  | "myConfirmation"
  | "funding"
  | "arbiter";

/** The whole of a payment (marketplace reference, section 5.7). */
export type PaymentDetail = {
  /** Number. */
  id: string;
  /** Which way. */
  direction: Direction;
  /** Status. */
  status: PaymentStatus;
  /** Satoshi. */
  sats: string;
  /** The deal's fiat, or an estimate. */
  fiat: FiatSum | null;
  /** `fiat` is an estimate. */
  fiatEstimated: boolean;
  /** Pieces bought. */
  pieces: number;
  /** Created. */
  created: string;
  /** Buyer. */
  buyer: PersonCard;
  /** The invoice (seller inside): live for private ones, as of the purchase for public ones. */
  invoice: InvoiceCard;
  /** What the seller said of the buyer. */
  sellerFeedback: FeedbackCard | null;
  /** What the buyer said of the seller. */
  buyerFeedback: FeedbackCard | null;
  /** The deal that funds it; buyer only. */
  deal: DealSummary | null;
  /** It pays a refund invoice. */
  refund: boolean;
  /** Refund invoices made for it; seller only. */
  refunds: InvoiceCard[];
  /** Pieces given back. */
  refunded: number;
  /** Pieces being given back. */
  refunding: number;
  /** A promise with the change is there; its text is shown only on request. */
  hasChangePromise: boolean;
  /** What was bought. Fewer than `pieces`: contact the seller. */
  secrets: SecretCard[];
  /** A Lightning request to pay; buyer only. */
  lightningRequest: string | null;
  /** The seal with its comparison. */
  seal: Seal;
  /** Who must act. */
  turn: Turn | null;
  /** The person may cancel it now. */
  canCancel: boolean;
  /** When this was read. */
  asOf: string;
};

/** A secret bought. A stranger's text. */
export type SecretCard = {
  /** Text. */
  text: string;
  /** Link, inert until the person has seen its host. */
  url: string | null;
  /** How many pictures belong to it. */
  pictures: number;
};

/** Feedback. A stranger's text. */
export type FeedbackCard = {
  /** Good or bad. */
  positive: boolean;
  /** Words. */
  text: string;
  /** When. */
  created: string | null;
};

/** A person with the figures that tell how they stand (marketplace reference, section 5.2). */
export type PersonCard = {
  /** User id; empty for the marketplace's own account. */
  id: string;
  /** Login name. */
  name: string;
  /** Anonymous account. */
  anonymous: boolean;
  /** Percent of good words about deals, whole number; none when there were no deals. */
  dealRate: number | null;
  /** Completed deals. */
  deals: number;
  /** Different deal partners. */
  partners: number;
  /** Median time to complete a deal, seconds; none when there were no deals. */
  medianSeconds: number | null;
  /** Percent of good words about invoices, whole number; none when there are none. */
  invoiceRate: number | null;
  /** Payments received. */
  paymentsReceived: number;
  /** Payments made. */
  paymentsMade: number;
  /** How many trust them. */
  trustedBy: number;
  /** How many block them. */
  blockedBy: number;
  /** Registered. */
  since: string | null;
  /** Last seen. */
  lastOnline: string | null;
  /** What they say of themselves. A stranger's text. */
  introduction: string;
  /** Their site. A stranger's text, never a link. */
  site: string;
};

/** The seal in one word, for lists. */
export type SealState =
  | "none"
  | "checking"
  | "verified"
  | "notVerified"
  | "doesNotMatch"
  | "forged";

/** Why a confirmation is not verified or is taken for forged. */
export type SealReason =
  | "noConfirmation"
  | "noKey"
  | "unknownKey"
  | "expiredKey"
  | "revokedKey"
  | "weakDigest"
  | "historicalKey"
  | "notAConfirmation"
  | "notUnderstood"
  | "tooLarge"
  | "badFrame"
  | "badSignature";

/** The seal with everything behind it. */
export type Seal = {
  /** In one word. */
  state: SealState;
  /** Why, unless verified. */
  reason: SealReason | null;
  /** Field by field: signed against server. Empty when nothing validly signed is there. */
  fields: FieldRow[];
  /** The verified text, and only that. */
  signedText: string | null;
  /** Fingerprint of the key that signed, in groups of four. */
  keyGroups: string[];
  /** When the signature says it was made. */
  signedAt: string | null;
  /** The raw text as received, for keeping; show only as plain text. */
  raw: string | null;
};

/** The fields of a confirmation, in its order (marketplace reference, section 11.1). */
export type ProofField =
  | "type"
  | "paymentId"
  | "pieces"
  | "invoiceId"
  | "cryptoAmount"
  | "createdAt"
  | "payer"
  | "invoiceOwner";

/** One field, signed against server. */
export type FieldRow = {
  /** Which. */
  field: ProofField;
  /** As signed; none when the signed text lacks it. */
  signed: string | null;
  /** As the server says; none when there is no payment at hand. */
  server: string | null;
  /** The same? None when there is nothing to compare with. */
  same: boolean | null;
};

/** Everything the frame needs. */
export type AppState = {
  /** All accounts. */
  accounts: AccountCard[];
  /** The one in use. */
  current: AccountId | null;
  /** Its connection. */
  connection: Connection;
  /** Its money; none before the first reading. */
  money: MoneyMap | null;
  /** The keychain, as last probed. */
  keychain: KeychainState;
  /** Operations that are not settled. */
  operations: OperationCard[];
  /** Open deals that wait for the person. */
  dealsWaiting: number;
  /** Settings. */
  settings: Settings;
};

/** Connection of the current account. */
export type Connection = {
  /** State. */
  state: ConnectionState;
  /** Last time anything was heard. */
  asOf: string | null;
  /** Why it is not connected. */
  fault: Fault | null;
};

/** State of a connection. */
export type ConnectionState =
  | "idle"
  | "connecting"
  | "connected"
  | "waiting"
  | "stopped";

/** The money map. All in satoshi. */
export type MoneyMap = {
  /** Spendable. */
  availableSats: string;
  /** Coming on-chain. */
  expectedSats: string;
  /** Locked in deals. */
  inDealsSats: string;
  /** In operations whose outcome is not known. */
  unresolvedSats: string;
  /** Spendable in the person's currency by the average rate; an estimate. */
  availableFiat: FiatSum | null;
  /** When read. */
  asOf: string;
};

/** What the person chose for the app. */
export type Settings = {
  /** Language. */
  language: Language;
  /** Colours. */
  theme: Theme;
  /** BTC or satoshi. */
  unit: Unit;
  /** Amounts are masked. */
  hideAmounts: boolean;
  /** Width of the list, CSS pixels. */
  listWidth: number;
};

/** Language of the screens. */
export type Language =
  | "system"
  | "en"
  | "ru";

/** Colours of the screens. */
export type Theme =
  | "system"
  | "light"
  | "dark";

/** Unit of bitcoin amounts. */
export type Unit =
  | "btc"
  | "sat";

/** Something changed: read again what you show. Carries no data by itself. */
export type Changed = {
  /** What. */
  topics: Topic[];
};

/** What can change. */
export type Topic =
  | { kind: "app" }
  | { kind: "payments" }
  | { kind: "payment"; id: string }
  | { kind: "deals" }
  | { kind: "deal"; id: string }
  | { kind: "operation"; id: string }
  | { kind: "rates" };

/* Runtime */
async function typedError<T, E>(
  result: Promise<T>,
): Promise<{ status: "ok"; data: T } | { status: "error"; error: E }> {
  try {
    return { status: "ok", data: await result };
  } catch (e) {
    if (e instanceof Error) throw e;
    return { status: "error", error: e as E };
  }
}

function makeEvent<T>(name: string) {
  return {
    listen: (cb: __TAURI_EVENT.EventCallback<T>) => __TAURI_EVENT.listen(name, cb),
    once: (cb: __TAURI_EVENT.EventCallback<T>) => __TAURI_EVENT.once(name, cb),
  };
}
