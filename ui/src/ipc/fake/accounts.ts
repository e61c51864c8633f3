import type { AccountCard, ConnectForm, KeyCard, ServerCard } from "../types";
import { refuse } from "./faults";
import { keyGroups } from "./seals";
import type { World } from "./world";

/** Key of the fake marketplaces. */
export const marketKey: KeyCard = {
  fingerprint: keyGroups.join(""),
  groups: keyGroups,
  userIds: ["Market (signing key) <keys@market.example>"],
  algorithm: "RSA 3072",
  created: "2024-02-11T09:30:00Z",
  expires: "2034-02-08T09:30:00Z",
  usable: true,
  historical: false,
};

const historicalKey: KeyCard = {
  ...marketKey,
  fingerprint: "6314064DD0E2C02467726E918F315439B4D3D42A",
  groups: ["6314", "064D", "D0E2", "C024", "6772", "6E91", "8F31", "5439", "B4D3", "D42A"],
  userIds: ["production (Production key) <production@transbithub.com>"],
  created: "2021-01-30T00:00:00Z",
  expires: "2031-01-28T00:00:00Z",
  historical: true,
};

/** SHA-256 of the certificate that `self.example` shows. */
export const certificate = "4b1f7d0a9c3e52886f00d1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6";

/** The practice account. */
export const practiceAccount: AccountCard = {
  id: "practice",
  kind: "practice",
  label: "Practice",
  username: "alice",
  address: "https://localhost:41873",
  proxy: null,
  certificatePin: certificate,
  key: marketKey,
  token: "practice",
  store: "practice",
};

/** A real account. */
export const realAccount: AccountCard = {
  id: "real-1",
  kind: "real",
  label: "market.example",
  username: "alice-77",
  address: "https://market.example",
  proxy: "127.0.0.1:9050",
  certificatePin: null,
  key: marketKey,
  token: "keychain",
  store: "keychain",
};

function host(address: string): string {
  const bare = address.trim().replace(/^https:\/\//i, "");
  const valid = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/i;
  if (!valid.test(bare)) refuse("addressInvalid");
  return bare.toLowerCase();
}

function proxyOf(text: string): string | null {
  if (text.trim() === "") return null;
  if (!/^[a-z0-9.-]+:\d{1,5}$/i.test(text.trim())) refuse("proxyInvalid");
  return text.trim();
}

/** Looks at a server as one would before trusting it; the name decides what is found there. */
export function probe(address: string, proxy: string): ServerCard {
  const bare = host(address);
  const through = proxyOf(proxy);
  const name = bare.split(":")[0] ?? "";
  const again = { next: "tryAgain" as const };
  if (through?.endsWith(":1")) refuse("proxyFailed", { values: { proxy: through } });
  if (name.endsWith(".invalid")) refuse("nameNotFound", { values: { host: name } });
  if (name === "refused.example") refuse("connectionRefused", { values: { host: bare }, ...again });
  if (name === "far.example") refuse("unreachable", again);
  if (name === "slow.example") refuse("timedOut", again);
  if (name === "web.example") refuse("notAMarketplace", { values: { host: name } });
  return { address: `https://${bare}`, certificate, trustedBySystem: name !== "self.example" };
}

/** Reads a pasted key. */
export function inspect(text: string): KeyCard {
  if (text.length > 262_144) refuse("keyTooLarge");
  if (text.includes("PRIVATE KEY BLOCK")) refuse("keyIsSecret");
  if (!text.includes("BEGIN PGP PUBLIC KEY BLOCK")) refuse("keyUnreadable");
  return text.includes("historical") ? historicalKey : marketKey;
}

function checkToken(token: string): void {
  const digits = token.trim();
  if (!/^[0-9a-f]{64}$/i.test(digits)) refuse("tokenInvalid");
  if (/^0+$/.test(digits)) refuse("tokenRejected", { next: "enterToken" });
  if (/^1+$/.test(digits)) refuse("tokenLacksRights", { next: "enterToken" });
}

function checkKeychain(world: World, keep: boolean): void {
  const { keychain } = world.scenario;
  // One that was not asked before is asked now, and answers.
  if (!keep || keychain === "ready" || keychain === "unknown") return;
  const codes = {
    missing: "keychainMissing",
    locked: "keychainLocked",
    denied: "keychainDenied",
    broken: "keychainBroken",
  } as const;
  refuse(codes[keychain], { next: "unlockKeychain" });
}

/** Connects to a marketplace, checking the form as the shell does. */
export function connect(world: World, form: ConnectForm): AccountCard {
  const proxy = proxyOf(form.proxy);
  const server = probe(form.address, form.proxy);
  const pin = form.certificatePin.replace(/[:\s]/g, "").toLowerCase();
  if (pin !== "" && !/^[0-9a-f]{64}$/.test(pin)) refuse("pinInvalid");
  checkToken(form.token);
  if (pin !== "" && pin !== server.certificate) refuse("certificateChanged", { next: "checkConnection" });
  if (pin === "" && !server.trustedBySystem) refuse("certificateUntrusted", { next: "checkConnection" });
  const key = form.publicKey.trim() === "" ? null : inspect(form.publicKey);
  if (key !== null && form.confirmedFingerprint !== key.fingerprint) refuse("fingerprintNotConfirmed");
  checkKeychain(world, form.keepInKeychain);
  if (form.store === "passphrase" && [...form.passphrase].length < 10) {
    refuse("passphraseTooShort", { values: { min: "10" } });
  }
  const bare = server.address.replace("https://", "");
  const account: AccountCard = {
    id: `real-${String(world.accounts.length + 1)}`,
    kind: "real",
    label: form.label.trim() || bare,
    username: "alice-77",
    address: server.address,
    proxy,
    certificatePin: pin || null,
    key,
    token: form.keepInKeychain ? "keychain" : "session",
    store: form.store,
  };
  const known = world.accounts.find((one) => one.address === account.address && one.proxy === proxy);
  if (known) Object.assign(known, { ...account, id: known.id });
  else world.accounts.push(account);
  world.use(known?.id ?? account.id);
  return known ?? account;
}

/** Takes a new token for an account that is already there. */
export function enterToken(world: World, id: string, token: string, keep: boolean): AccountCard {
  const account = world.accounts.find((one) => one.id === id);
  if (!account) refuse("accountNotFound");
  checkToken(token);
  checkKeychain(world, keep);
  account.token = keep ? "keychain" : "session";
  world.use(id);
  return account;
}

/** Starts practising. */
export function practise(world: World): AccountCard {
  if (world.scenario.practiceFails) refuse("practiceFailed", { next: "tryAgain" });
  const known = world.accounts.find((one) => one.kind === "practice");
  if (!known) world.accounts.push({ ...practiceAccount });
  world.use(practiceAccount.id);
  return known ?? practiceAccount;
}
