//! Traders and what they offer.

use super::{Person, World};
use crate::books::advertisements::{Advertisement, Pricing};
use crate::books::users::Role;
use crate::money::{Cents, Sats};
use crate::refusal::Refusal;

const fn trader(
    login: &'static str,
    timezone: &'static str,
    currency: &'static str,
    introduction: &'static str,
    balance: i64,
    deals: (u32, u32, u32),
    pace: u32,
) -> Person {
    Person {
        login,
        role: Role::Trader,
        timezone,
        currency,
        introduction,
        site: "",
        balance: Sats(balance),
        deals,
        sales: (0, 0, 0),
        pace,
    }
}

#[rustfmt::skip]
const TRADERS: [Person; 14] = [
    trader("volga-exchange", "Europe/Moscow", "RUB", "Обмен каждый день с 9 до 23.", 420_000_000, (1_204, 911, 908), 240),
    trader("neva-coin", "Europe/Moscow", "RUB", "Отвечаю быстро, перевод только от себя.", 185_000_000, (388, 301, 294), 410),
    trader("ural-btc", "Asia/Yekaterinburg", "RUB", "Небольшие суммы без очереди.", 64_000_000, (97, 60, 57), 620),
    trader("hanse-kontor", "Europe/Berlin", "EUR", "Instant bank transfers, weekdays.", 510_000_000, (842, 640, 637), 300),
    trader("isar-btc", "Europe/Berlin", "EUR", "Small amounts welcome.", 92_000_000, (156, 101, 98), 540),
    trader("rhein-maker", "Europe/Berlin", "EUR", "Please put nothing in the reference.", 230_000_000, (420, 322, 309), 450),
    trader("hudson-desk", "America/New_York", "USD", "Usually online 9 to 9 Eastern.", 380_000_000, (990, 770, 764), 260),
    trader("prairie-sats", "America/Chicago", "USD", "One payment per deal, please.", 120_000_000, (203, 150, 141), 700),
    trader("bay-lane", "America/Los_Angeles", "USD", "Friendly and patient.", 74_000_000, (61, 44, 44), 830),
    trader("thames-otc", "Europe/London", "GBP", "Faster payments only.", 260_000_000, (512, 390, 385), 330),
    trader("mersey-coins", "Europe/London", "GBP", "Evenings and weekends.", 58_000_000, (77, 52, 49), 910),
    trader("steppe-change", "Asia/Almaty", "KZT", "Переводы внутри Казахстана.", 140_000_000, (274, 190, 186), 380),
    trader("dnipro-sats", "Europe/Kyiv", "UAH", "Transfers from your own card only.", 110_000_000, (233, 171, 166), 420),
    trader("loire-btc", "Europe/Paris", "EUR", "Lydia and bank transfer.", 81_000_000, (118, 80, 77), 500),
];

/// Makes the traders.
pub(super) fn people(world: &mut World) -> Result<(), Refusal> {
    TRADERS
        .iter()
        .try_for_each(|person| world.introduce(person).map(|_| ()))
}

/// One ad: owner, country, currency, payment system, margin in hundredths of a percent, limits in whole units
/// (0: by balance), window, title, terms.
type Offer = (
    &'static str,
    [&'static str; 3],
    i32,
    (i64, i64),
    u32,
    &'static str,
    &'static str,
);

const RU_OWN: &str = "Перевод только со своей карты. В комментарии ничего не пишите.";
const RU_FAST: &str = "Реквизиты пришлю в чат сразу. После перевода нажмите «Я оплатил».";
const RU_SMALL: &str = "Небольшие суммы, отвечаю за пару минут. Третьих лиц не принимаю.";
const EN_OWN: &str = "Pay from an account in your own name. Leave the reference empty.";
const EN_FAST: &str = "I send the account in the chat at once. Press \"I paid\" after the transfer.";
const EN_SMALL: &str = "Small amounts, quick answers. No third-party payments.";

#[rustfmt::skip]
const OFFERS: [Offer; 36] = [
    ("volga-exchange", ["RU", "RUB", "SBERBANK"], 210, (500, 0), 30, "Сбербанк, быстро", RU_FAST),
    ("neva-coin", ["RU", "RUB", "SBERBANK"], 165, (3_000, 300_000), 45, "Сбер от 3000", RU_OWN),
    ("ural-btc", ["RU", "RUB", "SBERBANK"], 340, (100, 60_000), 60, "Малые суммы", RU_SMALL),
    ("volga-exchange", ["RU", "RUB", "TINKOFF"], 190, (500, 0), 30, "Тинькофф, быстро", RU_FAST),
    ("neva-coin", ["RU", "RUB", "TINKOFF"], 150, (1_000, 250_000), 45, "Тинькофф", RU_OWN),
    ("ural-btc", ["RU", "RUB", "TINKOFF"], 295, (100, 60_000), 60, "Малые суммы", RU_SMALL),
    ("volga-exchange", ["RU", "RUB", "QIWI"], 420, (300, 150_000), 20, "QIWI", RU_FAST),
    ("ural-btc", ["RU", "RUB", "QIWI"], 480, (100, 30_000), 30, "QIWI, немного", RU_SMALL),
    ("neva-coin", ["RU", "RUB", "YANDEXMONEY"], 445, (500, 80_000), 30, "Электронный кошелёк", RU_OWN),
    ("hanse-kontor", ["DE", "EUR", "NATIONAL_BANK"], 120, (10, 0), 60, "Instant transfer", EN_FAST),
    ("rhein-maker", ["DE", "EUR", "NATIONAL_BANK"], 95, (50, 9_000), 90, "Bank transfer from 50", EN_OWN),
    ("isar-btc", ["DE", "EUR", "NATIONAL_BANK"], 230, (3, 800), 45, "Small sums", EN_SMALL),
    ("hanse-kontor", ["DE", "EUR", "TRANSFERWISE"], 180, (10, 12_000), 30, "Wise, minutes", EN_FAST),
    ("isar-btc", ["DE", "EUR", "TRANSFERWISE"], 260, (3, 900), 45, "Wise, small sums", EN_SMALL),
    ("rhein-maker", ["DE", "EUR", "PAYPAL"], 690, (5, 1_500), 30, "PayPal friends", EN_OWN),
    ("isar-btc", ["DE", "EUR", "PAYPAL"], 745, (3, 400), 30, "PayPal, small sums", EN_SMALL),
    ("hudson-desk", ["US", "USD", "ZELLE"], 240, (10, 0), 30, "Zelle, at once", EN_FAST),
    ("prairie-sats", ["US", "USD", "ZELLE"], 205, (25, 4_000), 45, "Zelle from 25", EN_OWN),
    ("bay-lane", ["US", "USD", "ZELLE"], 330, (5, 1_200), 60, "Zelle, no hurry", EN_SMALL),
    ("hudson-desk", ["US", "USD", "SQUARE_CASH"], 310, (10, 2_500), 20, "Cash App", EN_FAST),
    ("bay-lane", ["US", "USD", "SQUARE_CASH"], 365, (5, 900), 30, "Cash App, small", EN_SMALL),
    ("prairie-sats", ["US", "USD", "PAYPAL"], 705, (10, 1_000), 30, "PayPal", EN_OWN),
    ("hudson-desk", ["US", "USD", "PAYPAL"], 660, (20, 3_000), 30, "PayPal from 20", EN_FAST),
    ("bay-lane", ["US", "USD", "VENMO"], 385, (5, 700), 30, "Venmo", EN_SMALL),
    ("thames-otc", ["GB", "GBP", "NATIONAL_BANK"], 110, (10, 0), 30, "Faster payments", EN_FAST),
    ("mersey-coins", ["GB", "GBP", "NATIONAL_BANK"], 215, (5, 1_500), 60, "Evenings", EN_SMALL),
    ("thames-otc", ["GB", "GBP", "TRANSFERWISE"], 175, (10, 8_000), 30, "Wise", EN_OWN),
    ("mersey-coins", ["GB", "GBP", "TRANSFERWISE"], 245, (5, 1_200), 45, "Wise, small sums", EN_SMALL),
    ("steppe-change", ["KZ", "KZT", "NATIONAL_BANK"], 225, (1_000, 0), 45, "Перевод по номеру", RU_FAST),
    ("volga-exchange", ["KZ", "KZT", "NATIONAL_BANK"], 310, (2_000, 900_000), 45, "Казахстан", RU_OWN),
    ("dnipro-sats", ["UA", "UAH", "NATIONAL_BANK"], 235, (100, 0), 45, "Card transfer", EN_OWN),
    ("loire-btc", ["UA", "UAH", "NATIONAL_BANK"], 355, (200, 60_000), 60, "Card, small sums", EN_SMALL),
    ("loire-btc", ["FR", "EUR", "LYDIA"], 215, (5, 1_000), 30, "Lydia", EN_FAST),
    ("hanse-kontor", ["FR", "EUR", "LYDIA"], 290, (5, 2_000), 30, "Lydia", EN_OWN),
    ("loire-btc", ["FR", "EUR", "NATIONAL_BANK"], 140, (10, 5_000), 60, "Virement instant", EN_OWN),
    ("rhein-maker", ["FR", "EUR", "NATIONAL_BANK"], 125, (40, 6_000), 90, "Bank transfer from 40", EN_OWN),
];

/// Puts the offers up, and three that strangers cannot use: switched off, for trusted people, used up.
pub(super) fn advertise(world: &mut World) -> Result<(), Refusal> {
    for offer in &OFFERS {
        put_up(world, offer, |ad| {
            ad.monitor_liquidity = ad.id % 5 == 0 && ad.max > Cents::ZERO
        })?;
    }
    let quiet = (
        "hudson-desk",
        ["US", "USD", "ZELLE"],
        20,
        (10, 500),
        30,
        "Back next week",
        EN_OWN,
    );
    put_up(world, &quiet, |ad| ad.enabled = false)?;
    let friends = (
        "hanse-kontor",
        ["DE", "EUR", "NATIONAL_BANK"],
        10,
        (10, 500),
        60,
        "For friends",
        EN_OWN,
    );
    put_up(world, &friends, |ad| ad.trusted_only = true)?;
    let spent = (
        "ural-btc",
        ["RU", "RUB", "SBERBANK"],
        15,
        (900_000_000, 0),
        30,
        "Оптом",
        RU_OWN,
    );
    put_up(world, &spent, |_| {})?;
    Ok(())
}

fn put_up(world: &mut World, offer: &Offer, adjust: impl FnOnce(&mut Advertisement)) -> Result<(), Refusal> {
    let (owner, [country, currency, payment_type], margin, (min, max), window, title, message) = *offer;
    let pricing = Pricing::Margin(margin);
    let id = world.books.number(|n| &mut n.advertisement)?;
    let mut ad = Advertisement {
        id,
        owner: world.id(owner)?,
        country: country.to_owned(),
        currency: currency.to_owned(),
        payment_type: payment_type.to_owned(),
        is_buy: false,
        pricing,
        price: world.books.ad_price(pricing, currency)?,
        min: Cents(min * 100),
        max: Cents(max * 100),
        monitor_liquidity: false,
        title: title.to_owned(),
        message: message.to_owned(),
        window,
        enabled: true,
        trusted_only: false,
        not_anonymous: false,
        created_at: world.start,
    };
    adjust(&mut ad);
    world.books.advertisements.put(id, ad);
    Ok(())
}
