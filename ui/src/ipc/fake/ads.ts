import type { AdCard, FiatChoice, PersonCard } from "../types";
import { traders } from "./people";
import { cents, cost } from "./sums";

interface Offer {
  id: string;
  owner: PersonCard;
  country: string;
  currency: string;
  paymentType: string;
  price: string;
  min: string;
  max: string;
  windowMinutes: number;
  title: string;
  terms: string;
}

const offers: Offer[] = [
  {
    id: "9001",
    owner: traders.north,
    country: "DE",
    currency: "EUR",
    paymentType: "NATIONAL_BANK",
    price: "55200.00",
    min: "10.00",
    max: "900.00",
    windowMinutes: 60,
    title: "SEPA, instant or ordinary",
    terms: "Only from your own account. Write the deal's number as the purpose, nothing about bitcoin.",
  },
  {
    id: "9002",
    owner: traders.kaufmann,
    country: "DE",
    currency: "EUR",
    paymentType: "NATIONAL_BANK",
    price: "55441.00",
    min: "50.00",
    max: "2500.00",
    windowMinutes: 90,
    title: "SEPA",
    terms: "",
  },
  {
    id: "9003",
    owner: traders.elbe,
    country: "DE",
    currency: "EUR",
    paymentType: "NATIONAL_BANK",
    price: "56010.50",
    min: "20.00",
    max: "400.00",
    windowMinutes: 45,
    title: "Slow but sure",
    terms: "I am at the bank twice a day. Be patient.",
  },
  {
    id: "9004",
    owner: traders.fresh,
    country: "DE",
    currency: "EUR",
    paymentType: "PAYPAL",
    price: "58900.00",
    min: "5.00",
    max: "250.00",
    windowMinutes: 30,
    title: "PayPal, friends",
    terms: "First deals here, so please be kind.",
  },
  {
    id: "9010",
    owner: traders.neva,
    country: "RU",
    currency: "RUB",
    paymentType: "SBERBANK",
    price: "4810000.00",
    min: "500.00",
    max: "60000.00",
    windowMinutes: 30,
    title: "Сбербанк, по номеру карты",
    terms: "Перевод только со своей карты. В комментарии ничего не пишите.",
  },
  {
    id: "9011",
    owner: traders.ural,
    country: "RU",
    currency: "RUB",
    paymentType: "SBERBANK",
    price: "4844000.00",
    min: "1000.00",
    max: "30000.00",
    windowMinutes: 60,
    title: "Сбер, днём",
    terms: "",
  },
  {
    id: "9012",
    owner: traders.neva,
    country: "RU",
    currency: "RUB",
    paymentType: "TINKOFF",
    price: "4822000.00",
    min: "500.00",
    max: "90000.00",
    windowMinutes: 30,
    title: "Т-Банк",
    terms: "Пришлите последние четыре цифры карты.",
  },
  {
    id: "9020",
    owner: traders.hudson,
    country: "US",
    currency: "USD",
    paymentType: "ZELLE",
    price: "60450.00",
    min: "20.00",
    max: "1500.00",
    windowMinutes: 45,
    title: "Zelle",
    terms: "Name on the account must be yours.",
  },
];

/** Advertisements that fit a sum, best price first. `shift` moves all prices, in hundredths of a percent. */
export function suitable(choice: FiatChoice, sats: bigint, shift = 0n): AdCard[] {
  return offers
    .filter(
      (offer) =>
        offer.country === choice.country &&
        offer.currency === choice.currency &&
        offer.paymentType === choice.paymentType,
    )
    .map((offer) => card(offer, sats, shift))
    .filter((ad) => cents(ad.total.amount) >= cents(ad.min.amount) && cents(ad.total.amount) <= cents(ad.max.amount))
    .sort((a, b) => (cents(a.price.amount) < cents(b.price.amount) ? -1 : 1));
}

/** One advertisement as it stands for a sum. */
export function advertisement(id: string, sats: bigint, shift = 0n): AdCard | undefined {
  const offer = offers.find((one) => one.id === id);
  return offer && card(offer, sats, shift);
}

function card(offer: Offer, sats: bigint, shift: bigint): AdCard {
  const moved = (cents(offer.price) * (10_000n + shift)) / 10_000n;
  const price = {
    amount: `${(moved / 100n).toString()}.${(moved % 100n).toString().padStart(2, "0")}`,
    currency: offer.currency,
  };
  const { currency } = offer;
  return {
    id: offer.id,
    title: offer.title,
    terms: offer.terms,
    price,
    total: cost(price, sats),
    min: { amount: offer.min, currency },
    max: { amount: offer.max, currency },
    windowMinutes: offer.windowMinutes,
    country: offer.country,
    paymentType: offer.paymentType,
    owner: offer.owner,
  };
}
