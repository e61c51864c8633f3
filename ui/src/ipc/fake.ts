import { useBackend, type Commands } from "./backend";
import { FaultError } from "./call";
import { connect, enterToken, inspect, practise, probe } from "./fake/accounts";
import { catalog } from "./fake/catalog";
import * as deals from "./fake/deals";
import * as evidence from "./fake/evidence";
import { refuse } from "./fake/faults";
import * as feedback from "./fake/feedback";
import * as news from "./fake/news";
import * as operations from "./fake/operations";
import * as pay from "./fake/pay";
import * as pictures from "./fake/pictures";
import { everybody } from "./fake/people";
import * as receipts from "./fake/receipts";
import * as refunds from "./fake/refunds";
import * as said from "./fake/said";
import { scenario } from "./fake/scenarios";
import { verdict, verified } from "./fake/seals";
import * as talks from "./fake/talks";
import { World } from "./fake/world";
import type { Changed, Fault, Language, Settings, Theme } from "./types";

type Reply<T> = { status: "ok"; data: T } | { status: "error"; error: Fault };

/** Answers all commands from a made-up world, for pictures, tests and a browser. Nothing here reaches a network. */
export function installFake(name?: string): void {
  const query = new URLSearchParams(location.search);
  const listeners = new Set<(changed: Changed) => void>();
  const world = new World(scenario(name), settings(query), (topics) => {
    for (const tell of listeners) tell({ topics });
  });
  deals.begin(world);
  pay.begin(world);
  operations.begin(world);
  refunds.begin(world);
  said.begin(world);
  news.begin(world);
  world.sync.begin();
  // Another window has gone over to the other account, and this page has not heard of it yet.
  window.addEventListener("made-up-switch", () => {
    world.current = world.accounts.find((one) => one.id !== world.current)?.id ?? world.current;
  });
  useBackend({
    commands: commandsOf(world),
    onChanged: (tell) => {
      listeners.add(tell);
      return Promise.resolve(() => void listeners.delete(tell));
    },
    pictureUrl: (id, size) => {
      const card = talks.pictureCard(world, id);
      const [width, height] = [card?.width || 1600, card?.height || 1200];
      const shrink = size === "preview" ? 480 / Math.max(width, height) : 1;
      return pictures.drawing(id, Math.round(width * shrink), Math.round(height * shrink));
    },
    // An event of this name stands for a click on a notification.
    onOpenPlace: (tell) => hear("made-up-place", (route: string) => tell({ route })),
    // A browser does not ask before it closes a page: an event of this name stands for the button of the window.
    onClosing: (tell) => {
      const closed = (): void => tell({ operations: world.state().operations });
      window.addEventListener("made-up-close", closed);
      return Promise.resolve(() => window.removeEventListener("made-up-close", closed));
    },
  });
}

function hear<T>(name: string, tell: (detail: T) => void): Promise<() => void> {
  const heard = (event: Event): void => tell((event as CustomEvent<T>).detail);
  window.addEventListener(name, heard);
  return Promise.resolve(() => window.removeEventListener(name, heard));
}

function settings(query: URLSearchParams): Settings {
  const lang = query.get("lang");
  const theme = query.get("theme");
  return {
    language: lang === "en" || lang === "ru" ? (lang satisfies Language) : "system",
    theme: theme === "light" || theme === "dark" ? (theme satisfies Theme) : "system",
    unit: query.get("unit") === "sat" ? "sat" : "btc",
    hideAmounts: query.has("hide"),
    listWidth: 380,
    notifications: "who",
  };
}

function commandsOf(world: World): Commands {
  async function answer<T>(act: () => T, longer = 0): Promise<Reply<T>> {
    await new Promise((resolve) => setTimeout(resolve, world.scenario.latency + longer));
    try {
      return { status: "ok", data: structuredClone(act()) };
    } catch (thrown) {
      if (thrown instanceof FaultError) return { status: "error", error: thrown.fault };
      throw thrown;
    }
  }
  // The page acts for the account it was drawn for.
  function same(account: string): void {
    if (account !== world.current) refuse("accountChanged");
  }
  return {
    appState: () => answer(() => world.state()),
    setSettings: (next) =>
      answer(() => {
        world.settings = { ...next };
        world.tell([{ kind: "app" }]);
        return world.settings;
      }),
    startPractice: () => answer(() => practise(world)),
    probeServer: (address, proxy) => answer(() => probe(address, proxy)),
    inspectKey: (text) => answer(() => inspect(text)),
    connect: (form) => answer(() => connect(world, form)),
    enterToken: (account, token, keep) => answer(() => enterToken(world, account, token, keep)),
    switchAccount: (id) =>
      answer(() => {
        if (!world.accounts.some((one) => one.id === id)) refuse("accountNotFound");
        world.use(id);
        return world.state();
      }),
    removeAccount: (id) =>
      answer(() => {
        world.accounts = world.accounts.filter((one) => one.id !== id);
        world.current = world.accounts[0]?.id ?? null;
        world.tell([{ kind: "app" }]);
        return world.state();
      }),
    probeKeychain: () => answer(() => (world.scenario.keychain === "unknown" ? "ready" : world.scenario.keychain)),
    reconnect: () =>
      answer(() => {
        world.reconnect();
        return null;
      }),
    payments: (query) => answer(() => world.page(query), query.from > 0 ? world.scenario.listLatency : 0),
    payment: (id) => answer(() => world.payment(id)),
    cancelPayment: (account, id) =>
      answer(() => {
        same(account);
        return pay.cancelPayment(world, id);
      }),
    noticesSeen: (id) =>
      answer(() => {
        world.seen(id);
        return null;
      }),
    payDesk: (text, pieces) => answer(() => pay.desk(world, text, pieces)),
    suitableAds: (invoice, pieces, choice) => answer(() => pay.ads(world, invoice, pieces, choice)),
    payFromBalance: (request) => answer(() => pay.fromBalance(world, request)),
    payByDeal: (request) => answer(() => pay.byDeal(world, request)),
    operation: (id) => answer(() => operations.find(world, id)),
    operations: (before) => answer(() => operations.page(world, before)),
    receipts: (query) => answer(() => receipts.page(world, query)),
    receipt: (payment) => answer(() => receipts.find(world, payment)),
    saveReceipt: (payment) => answer(() => `kvit-payment-${receipts.find(world, payment).row.payment}.asc`),
    exportPayments: (request) =>
      answer(() => {
        if (world.scenario.exporting === "declined") return null;
        if (world.scenario.exporting === "fails") refuse("fileUnwritable", { next: "tryAgain" });
        const { direction, status, text, format } = request;
        const { total } = world.page({ direction, status, text, noticedOnly: false, from: 0, count: 0, anchor: null });
        return { file: `kvit-payments.${format}`, rows: total };
      }),
    syncStop: () =>
      answer(() => {
        world.sync.stop();
        return null;
      }),
    syncGo: () =>
      answer(() => {
        world.sync.go();
        return null;
      }),
    unlockStore: (account, passphrase) =>
      answer(() => {
        same(account);
        world.store.unlock(passphrase);
        world.tell([{ kind: "app" }, { kind: "payments" }]);
        return world.state();
      }, world.scenario.deriving),
    setStoreAside: (account) =>
      answer(() => {
        same(account);
        world.store.aside();
        world.tell([{ kind: "app" }, { kind: "payments" }]);
        return world.state();
      }),
    news: (before) => answer(() => news.page(world, before)),
    newsRead: () => answer(() => news.read(world)),
    // The store outlives the app, and the window's own storage stands for it: a draft is there after a restart.
    keepDraft: (account, place, text) =>
      answer(() => {
        same(account);
        const name = `made-up.${account}.${place}`;
        if (text === "") localStorage.removeItem(name);
        else localStorage.setItem(name, text);
        return null;
      }),
    draft: (account, place) =>
      answer(() => {
        same(account);
        return localStorage.getItem(`made-up.${account}.${place}`) ?? "";
      }),
    quit: () =>
      answer(() => {
        document.documentElement.dataset["ended"] = "yes";
        return null;
      }),
    catalog: () => answer(() => catalog),
    deals: () => answer(() => deals.list(world)),
    deal: (id) => answer(() => deals.find(world, id)),
    declarePaid: (account, deal, seen) =>
      answer(() => {
        same(account);
        return deals.declare(world, deal, seen);
      }),
    cancelDeal: (account, deal) =>
      answer(() => {
        same(account);
        return deals.cancel(world, deal);
      }),
    person: (id) =>
      answer(() => {
        const found = everybody().find((one) => one.id === id);
        if (!found) refuse("userNotFound");
        return found;
      }),
    verifyText: (text) => answer(() => verdict(text)),
    // A file dialog cannot be shown here: the newest receipt stands for the file somebody would open.
    openTextFile: () =>
      answer(() => {
        const paid = world.payments.find((one) => one.status === "paid");
        return paid ? (verified(paid).raw ?? null) : null;
      }),
    saveText: () => answer(() => true),
    talks: (query) => answer(() => talks.page(world, query), query.from > 0 ? world.scenario.listLatency : 0),
    talk: (id) => answer(() => talks.detail(world, id)),
    talkLines: (id, edge, count) => answer(() => talks.some(world, id, edge, count)),
    talkAbout: (subject) => answer(() => talks.about(world, subject)),
    sendMessage: (account, id, text, ids) =>
      answer(() => {
        same(account);
        return talks.send(world, id, text, ids);
      }),
    retryMessage: (account, line) =>
      answer(() => {
        same(account);
        return talks.retry(world, line);
      }),
    dropMessage: (account, line) =>
      answer(() => {
        same(account);
        return talks.drop(world, line);
      }),
    readTalk: (account, id, line) =>
      answer(() => {
        same(account);
        return talks.read(world, id, line);
      }),
    deleteTalk: (account, id) =>
      answer(() => {
        same(account);
        return talks.hide(world, id);
      }),
    // A file dialog cannot be shown here: these stand for the files somebody would pick.
    pickPictures: (account, id, full) =>
      answer(() => {
        same(account);
        return pictures.add(world, id, ["parcel.jpg", "label.png"], full);
      }),
    addPicture: (account, id, name, bytes, full) =>
      answer(() => {
        same(account);
        return pictures.paste(world, id, name, bytes, full);
      }),
    draftPictures: (id) => answer(() => pictures.list(world, id)),
    removePicture: (account, id, picture) =>
      answer(() => {
        same(account);
        return pictures.remove(world, id, picture);
      }),
    setFullSize: (account, id, picture, full) =>
      answer(() => {
        same(account);
        return pictures.setFull(world, id, picture, full);
      }),
    savePicture: (id) => answer(() => `kvit-picture-${id}.jpg`),
    givePaymentFeedback: (account, payment, positive, text) =>
      answer(() => {
        same(account);
        return feedback.give(world, payment, positive, text);
      }),
    giveDealFeedback: (account, deal, positive, text) =>
      answer(() => {
        same(account);
        return feedback.giveDeal(world, deal, positive, text);
      }),
    feedbackOf: (user, deals, before) => answer(() => feedback.of(user, deals, before)),
    refundDesk: (payment, pieces) => answer(() => refunds.desk(world, payment, pieces)),
    createRefund: (account, payment, pieces, seen) =>
      answer(() => {
        same(account);
        return refunds.create(world, payment, pieces, seen);
      }),
    withdrawRefund: (account, invoice) =>
      answer(() => {
        same(account);
        return refunds.withdraw(world, invoice);
      }),
    evidencePlan: (about) => answer(() => evidence.plan(world, about)),
    saveEvidence: (account, about, keep) =>
      answer(() => {
        same(account);
        return evidence.save(world, about, keep);
      }),
    checkBundle: () => answer(() => evidence.check(world)),
  };
}
