//! Sellers, their goods, and what was bought before the local user came.

use rand::Rng;

use super::{DAY, Person, World, talks};
use crate::books::invoices::{NewInvoice, Price};
use crate::books::users::Role;
use crate::clock::Moment;
use crate::money::{Cents, Sats};
use crate::refusal::Refusal;

pub(super) const fn person(
    login: &'static str,
    role: Role,
    (timezone, currency): (&'static str, &'static str),
    introduction: &'static str,
    site: &'static str,
    balance: i64,
    sales: (u32, u32, u32),
) -> Person {
    let deals = (sales.0 / 15, sales.0 / 20, sales.0 / 20);
    Person {
        login,
        role,
        timezone,
        currency,
        introduction,
        site,
        balance: Sats(balance),
        deals,
        sales,
        pace: 480,
    }
}

const PEOPLE: [Person; 10] = [
    person(
        "roastery-nord",
        Role::Seller,
        ("Europe/Berlin", "EUR"),
        "Coffee from a small roaster.",
        "https://roastery-nord.example",
        9_400_000,
        (214, 160, 158),
    ),
    person(
        "tea-house-altai",
        Role::Seller,
        ("Asia/Barnaul", "RUB"),
        "Травяные сборы и чай.",
        "",
        6_100_000,
        (131, 88, 86),
    ),
    person(
        "mapwright",
        Role::Seller,
        ("Europe/London", "GBP"),
        "Maps and books about places.",
        "https://mapwright.example",
        7_700_000,
        (96, 70, 69),
    ),
    person(
        "pixel-forge",
        Role::Seller,
        ("America/New_York", "USD"),
        "Software with an honest licence.",
        "https://pixel-forge.example",
        15_200_000,
        (402, 290, 281),
    ),
    person(
        "vela-repair",
        Role::Seller,
        ("Europe/Lisbon", "EUR"),
        "Bicycles, sewing machines, radios.",
        "",
        2_300_000,
        (38, 25, 25),
    ),
    person(
        "postcards-ru",
        Role::Seller,
        ("Europe/Moscow", "RUB"),
        "Открытки ручной печати.",
        "",
        1_900_000,
        (57, 41, 40),
    ),
    person(
        "marta.k",
        Role::Buyer,
        ("Europe/Berlin", "EUR"),
        "",
        "",
        96_000_000,
        (0, 0, 0),
    ),
    person(
        "juniper",
        Role::Buyer,
        ("America/Chicago", "USD"),
        "",
        "",
        83_000_000,
        (0, 0, 0),
    ),
    person(
        "sasha-77",
        Role::Buyer,
        ("Europe/Moscow", "RUB"),
        "",
        "",
        71_000_000,
        (0, 0, 0),
    ),
    person(
        "tomas.b",
        Role::Buyer,
        ("Europe/Prague", "CZK"),
        "",
        "",
        64_000_000,
        (0, 0, 0),
    ),
];

/// Makes sellers and buyers.
pub(super) fn people(world: &mut World) -> Result<(), Refusal> {
    PEOPLE
        .iter()
        .try_for_each(|person| world.introduce(person).map(|_| ()))
}

/// What is on sale: number, owner, days ago, price, currency, rate source, comment, pieces, stock or not.
struct Good {
    number: u64,
    owner: &'static str,
    days_ago: i64,
    price: Price,
    currency: &'static str,
    variable: &'static str,
    comment: &'static str,
    pieces: (u32, u32),
    limited: bool,
    secret: Secrets,
    count: u32,
}

/// How a good's secrets read.
#[derive(Clone, Copy)]
enum Secrets {
    Locker,
    LockerRu,
    Licence,
    Download,
    Appointment,
    Ticket,
}

const fn fiat(hundredths: i64) -> Price {
    Price::Fiat(Cents(hundredths))
}

const GOODS: [Good; 10] = [
    Good {
        number: 51,
        owner: "mapwright",
        days_ago: 210,
        price: Price::Btc(Sats(42_000)),
        currency: "GBP",
        variable: "bitstamp_usd",
        comment: "Walking map of the Dales, printed on cloth. One piece is one map, collected from a locker.",
        pieces: (1, 20),
        limited: false,
        secret: Secrets::Locker,
        count: 60,
    },
    Good {
        number: 64,
        owner: "tea-house-altai",
        days_ago: 190,
        price: fiat(95_000),
        currency: "RUB",
        variable: "Average",
        comment: "Иван-чай с листом смородины, 200 г. Забрать в ячейке у станции.",
        pieces: (1, 10),
        limited: false,
        secret: Secrets::LockerRu,
        count: 60,
    },
    Good {
        number: 88,
        owner: "roastery-nord",
        days_ago: 170,
        price: fiat(1_850),
        currency: "EUR",
        variable: "bitstamp_usd",
        comment: "Coffee, 500 g, roasted on Thursday. One piece is one bag; the locker is open day and night.",
        pieces: (1, 12),
        limited: false,
        secret: Secrets::Locker,
        count: 80,
    },
    Good {
        number: 101,
        owner: "pixel-forge",
        days_ago: 150,
        price: fiat(4_900),
        currency: "USD",
        variable: "Average",
        comment: "Linework 3, drawing program for one person and all their computers. Licence key at once.",
        pieces: (1, 5),
        limited: false,
        secret: Secrets::Licence,
        count: 60,
    },
    Good {
        number: 142,
        owner: "vela-repair",
        days_ago: 120,
        price: fiat(3_500),
        currency: "EUR",
        variable: "binance_usd",
        comment: "Bicycle check-up with new brake pads. You get an appointment code.",
        pieces: (1, 2),
        limited: true,
        secret: Secrets::Appointment,
        count: 12,
    },
    Good {
        number: 207,
        owner: "postcards-ru",
        days_ago: 95,
        price: fiat(24_000),
        currency: "RUB",
        variable: "bitstamp_usd",
        comment: "Набор из шести открыток, линогравюра. Ячейка в центре города.",
        pieces: (1, 40),
        limited: false,
        secret: Secrets::LockerRu,
        count: 60,
    },
    Good {
        number: 256,
        owner: "mapwright",
        days_ago: 80,
        price: fiat(1_200),
        currency: "GBP",
        variable: "Average",
        comment: "Atlas of small islands, as a file. Two at least: one to keep, one to give away.",
        pieces: (2, 10),
        limited: false,
        secret: Secrets::Download,
        count: 60,
    },
    Good {
        number: 404,
        owner: "roastery-nord",
        days_ago: 60,
        price: Price::Btc(Sats(150_000)),
        currency: "EUR",
        variable: "bitstamp_usd",
        comment: "Tasting evening in the roastery, four places. Sold out.",
        pieces: (1, 4),
        limited: true,
        secret: Secrets::Ticket,
        count: 4,
    },
    Good {
        number: 512,
        owner: "tea-house-altai",
        days_ago: 45,
        price: Price::Btc(Sats(88_000)),
        currency: "RUB",
        variable: "bitstamp_usd",
        comment: "Чайник из исинской глины, последние две штуки.",
        pieces: (1, 7),
        limited: true,
        secret: Secrets::LockerRu,
        count: 7,
    },
    Good {
        number: 640,
        owner: "pixel-forge",
        days_ago: 30,
        price: Price::Btc(Sats(12_500)),
        currency: "USD",
        variable: "bitstamp_usd",
        comment: "A month of the Linework library: brushes, papers, letters.",
        pieces: (1, 100),
        limited: false,
        secret: Secrets::Licence,
        count: 80,
    },
];

impl World {
    fn put_on_sale(&mut self, owner: u64, good: &Good, now: Moment) -> Result<u64, Refusal> {
        self.books.set_numbers(|n| n.invoice = good.number)?;
        let secrets = (0..good.count).map(|_| self.secret(good.secret)).collect();
        self.books.issue(
            NewInvoice {
                owner,
                target: None,
                price: good.price,
                currency: good.currency.to_owned(),
                variable: good.variable.to_owned(),
                ttl_minutes: 0,
                comment: good.comment.to_owned(),
                pieces_min: good.pieces.0,
                pieces_max: good.pieces.1,
                limited: good.limited,
                secrets,
            },
            now.after(-good.days_ago * DAY),
        )
    }

    fn secret(&mut self, kind: Secrets) -> (String, String) {
        let (a, b): (u32, u32) = (self.rng.random_range(1..64), self.rng.random_range(1_000..10_000));
        let key: [u16; 4] = self.rng.random();
        let key = key.map(|part| format!("{part:04X}")).join("-");
        match kind {
            Secrets::Locker => (format!("Locker {a}, code {b}"), String::new()),
            Secrets::LockerRu => (format!("Ячейка {a}, код {b}"), String::new()),
            Secrets::Licence => (format!("Licence key {key}"), String::new()),
            Secrets::Download => (
                format!("Your copy, number {b}"),
                format!("https://mapwright.example/atlas/{}", key.to_lowercase()),
            ),
            Secrets::Appointment => (
                format!("Appointment code {b}; call the workshop and name it"),
                String::new(),
            ),
            Secrets::Ticket => (format!("Seat {}, ticket {b}", a % 4 + 1), String::new()),
        }
    }
}

/// Puts the goods on sale and lets the past happen, in the order of time.
pub(super) fn past(world: &mut World, you: u64, now: Moment) -> Result<(), Refusal> {
    for good in &GOODS {
        let owner = world.id(good.owner)?;
        world.put_on_sale(owner, good, now)?;
    }
    let ago = |days: i64, seconds: i64| now.after(-days * DAY).after(seconds);
    let yours = [
        Good {
            number: 700,
            owner: "",
            days_ago: 28,
            price: fiat(600),
            currency: "EUR",
            variable: "Average",
            comment: "Hand-drawn bookmark, sent as a letter. Write the address into the conversation.",
            pieces: (1, 10),
            limited: false,
            secret: Secrets::Ticket,
            count: 40,
        },
        Good {
            number: 777,
            owner: "",
            days_ago: 26,
            price: Price::Btc(Sats(35_000)),
            currency: "USD",
            variable: "bitstamp_usd",
            comment: "An hour of conversation practice, English or Russian.",
            pieces: (1, 3),
            limited: false,
            secret: Secrets::Appointment,
            count: 40,
        },
    ];
    for good in &yours {
        world.put_on_sale(you, good, now)?;
    }
    let [marta, juniper, sasha, tomas] = [
        world.id("marta.k")?,
        world.id("juniper")?,
        world.id("sasha-77")?,
        world.id("tomas.b")?,
    ];
    let zelle = ("US", "USD", "ZELLE");
    world.books.pay_from_balance(marta, 404, 2, ago(27, 0))?;
    world.books.pay_from_balance(tomas, 404, 2, ago(26, 0))?;
    world.books.pay_from_balance(sasha, 512, 4, ago(25, 0))?;
    world.books.pay_from_balance(juniper, 512, 1, ago(24, 0))?;
    world.books.pay_from_balance(you, 88, 2, ago(22, 3_600))?;
    world.books.pay_from_balance(marta, 700, 3, ago(18, 7_300))?;
    world.bought_by_deal(
        you,
        101,
        1,
        zelle,
        ago(15, 40_000),
        (
            "PRACTICE account prairie-sats-0015, no real bank. Exactly the sum of the deal, please.",
            "PRACTICE payment received, thank you!",
        ),
    )?;
    let given_up = world.ordered_by_deal(you, 142, 1, ("DE", "EUR", "NATIONAL_BANK"), ago(11, 11_000))?;
    world.books.cancel_payment(you, given_up, ago(11, 11_500))?;
    world.books.pay_from_balance(sasha, 777, 1, ago(9, 52_000))?;
    world.bought_by_deal(
        juniper,
        700,
        2,
        zelle,
        ago(6, 31_000),
        (
            "PRACTICE account prairie-sats-0006, no real bank. Exactly the sum of the deal, please.",
            "PRACTICE payment received, thank you!",
        ),
    )?;
    world.books.pay_from_balance(you, 640, 1, ago(4, 20_000))?;
    world.books.pay_from_balance(tomas, 142, 1, ago(3, 15_000))?;
    if world.talk {
        talks::past(world, you, now)?;
    }
    // Everything above has been read; what follows is new.
    for id in world.books.events.ids() {
        world.books.events.remove(id);
    }
    world.books.set_numbers(|n| n.invoice = 1_207)?;
    let owner = world.id("vela-repair")?;
    world.books.issue(
        NewInvoice {
            owner,
            target: Some(you),
            price: fiat(4_200),
            currency: "EUR".to_owned(),
            variable: "bitstamp_usd".to_owned(),
            ttl_minutes: 43_200,
            comment: "Radio repair: two capacitors, one hour of work. Ready to be collected.".to_owned(),
            pieces_min: 1,
            pieces_max: 1,
            limited: false,
            secrets: vec![("Collection code 5512, shelf 14".to_owned(), String::new())],
        },
        ago(1, 30_000),
    )?;
    if world.talk {
        talks::news(world, you, now)?;
    }
    Ok(())
}
