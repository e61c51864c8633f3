//! What was said before the local user came: conversations with pictures, feedback, a refund.

use rand::Rng;

use super::pictures::{self, Drawing};
use super::{DAY, Person, World, goods};
use crate::books::conversations::Words;
use crate::books::feedback::{Business, Verdict};
use crate::books::users::Role;
use crate::clock::Moment;
use crate::refusal::Refusal;

/// Feedback of earlier times that is still there in full, per person and kind; what is older only counts.
const FEEDBACK_KEPT: u32 = 120;

const PRAISE: [&str; 6] = [
    "As described, at once.",
    "Everything fine, thank you.",
    "Friendly and quick.",
    "Second time here, will come again.",
    "",
    "Answered every question.",
];
const PRAISE_RU: [&str; 6] = [
    "Всё как в описании.",
    "Быстро, спасибо.",
    "Вежливо и вовремя.",
    "Уже второй раз, всё отлично.",
    "",
    "Ответили на все вопросы.",
];
const BLAME: [&str; 3] = [
    "Took three days.",
    "Not what I had expected.",
    "No answer for a week.",
];
const BLAME_RU: [&str; 3] = [
    "Ждать пришлось три дня.",
    "Ожидал другого.",
    "Неделю не отвечали.",
];

/// About what a line of the past is. Payments are named by who paid what.
#[derive(Clone, Copy)]
enum About {
    /// A buyer's conversation about an invoice.
    Invoice(u64, &'static str),
    /// The newest payment of that buyer for that invoice.
    Payment(&'static str, u64),
}

/// The local user, whatever he is called.
const YOU: &str = "";

/// A line: days ago, seconds into that day, about what, by whom, what, and a picture with whether it was uploaded.
struct Line(
    i64,
    i64,
    About,
    &'static str,
    &'static str,
    Option<(Drawing, bool)>,
);

use About::{Invoice, Payment};

/// Read long ago, in the order of time.
#[rustfmt::skip]
const READ: [Line; 27] = [
    Line(23, 100, Invoice(88, YOU), YOU, "Hello! Are these whole beans, or ground?", None),
    Line(23, 460, Invoice(88, YOU), "roastery-nord", "Whole beans. Write it down when you collect them and we grind them for you.", None),
    Line(22, 9_000, Payment(YOU, 88), "roastery-nord", "Both bags are in the locker. This is what they look like.", Some((Drawing::Parcel, true))),
    Line(22, 31_000, Payment(YOU, 88), YOU, "Collected, smells wonderful. Thank you!", None),
    Line(21, 5_000, Invoice(512, YOU), YOU, "Здравствуйте! Чайник новый? И как за ним ухаживать?", None),
    Line(21, 5_900, Invoice(512, YOU), "tea-house-altai", LONG, None),
    Line(18, 8_000, Payment("marta.k", 700), "marta.k", "Hello, please send them to M. K., post office 14, poste restante. All three in one envelope.", None),
    Line(18, 9_500, Payment("marta.k", 700), YOU, "They go out tomorrow morning.", None),
    Line(16, 40_000, Payment("marta.k", 700), "marta.k", "They are here, and they are beautiful!", Some((Drawing::Label, true))),
    Line(15, 42_000, Payment(YOU, 101), YOU, "The program says that the key is in use already.", None),
    Line(15, 42_700, Payment(YOU, 101), "pixel-forge", "Could you send a picture of the message?", None),
    Line(15, 43_100, Payment(YOU, 101), YOU, "", Some((Drawing::Screenshot, true))),
    Line(15, 44_000, Payment(YOU, 101), "pixel-forge", "Our fault, it is free now. Please try again.", None),
    Line(15, 44_600, Payment(YOU, 101), YOU, "Works.", None),
    Line(9, 53_000, Payment("sasha-77", 777), "sasha-77", "Здравствуйте! Удобно ли в четверг в семь вечера по Москве?", None),
    Line(9, 54_000, Payment("sasha-77", 777), YOU, "Да, четверг в семь. Напишите, о чём хотите говорить.", None),
    Line(9, 54_900, Payment("sasha-77", 777), "sasha-77", "О кино и о дорогах.", None),
    Line(6, 33_000, Payment("juniper", 700), "juniper", "Please write \"for the library\" on the envelope.", None),
    Line(6, 36_000, Payment("juniper", 700), YOU, "Will do.", None),
    Line(2, 7_000, Payment("tomas.b", 700), "tomas.b", "I took one too many, sorry. Could I return one of the four?", None),
    Line(2, 52_000, Payment("tomas.b", 700), YOU, "Of course, you get it back today.", None),
    Line(2, 61_000, Payment("tomas.b", 700), "tomas.b", "It has arrived, thank you!", None),
    Line(2, 31_000, Payment(GUEST, 700), GUEST, "No address, please: I collect it myself. Where?", None),
    Line(2, 34_000, Payment(GUEST, 700), YOU, "At the counter of the copy shop, say \"bookmark\".", None),
    Line(2, 70_000, Invoice(256, YOU), YOU, "Is the atlas also there for a reader with a small screen?", None),
    Line(2, 71_000, Invoice(256, YOU), "mapwright", "Yes: the file has both, the maps turn by themselves.", None),
    Line(2, 72_000, Invoice(256, YOU), YOU, "Good, I think about it.", None),
];

/// New since.
#[rustfmt::skip]
const UNREAD: [Line; 8] = [
    Line(1, 20_000, Payment("juniper", 700), "juniper", "One of the two came bent, look. Could I have the money for one back?", Some((Drawing::DamagedParcel, true))),
    Line(1, 33_000, Invoice(1_207, YOU), "vela-repair", "Your radio plays again. It stands on shelf 14 with this label.", Some((Drawing::Label, false))),
    Line(1, 40_000, Payment("sasha-77", 777), "sasha-77", "Спасибо за разговор! Можно ли повторить на следующей неделе?", None),
    Line(1, 50_000, Invoice(777, "marta.k"), "marta.k", "Do you also have time at weekends?", None),
    Line(1, 50_060, Invoice(777, "marta.k"), "marta.k", "Saturday morning would be best.", None),
    Line(1, 61_000, Invoice(700, IMPOSTOR), IMPOSTOR, HOSTILE, None),
    Line(1, 70_000, Payment(YOU, 640), "pixel-forge", "New in the library since yesterday: forty brushes for rain and fog.", None),
    Line(1, 80_000, Payment(YOU, 640), "pixel-forge", "And the letters now have Cyrillic: Жук, щётка, ёж.", None),
];

/// As long as a message may be, almost.
const LONG: &str = "Здравствуйте! Чайник новый, из исинской глины, без глазури, поэтому он запоминает чай. Перед первым \
    разом залейте его кипятком, слейте и повторите трижды; потом заварите в нём тот чай, который будете пить, и оставьте \
    до утра. Мылом не мойте никогда: запах останется надолго. После чая вынимайте лист, ополаскивайте горячей водой и \
    сушите с открытой крышкой, вверх дном не ставьте. Лучше держать один чайник для одного сорта: улуны любят тонкие \
    стенки, пуэр толстые, а этот как раз посередине. Если появится налёт, снимите его мягкой тканью, смоченной старым \
    чаем. Через месяц глина начнёт блестеть, через год вы не узнаете чайник. Трещина у носика на фотографии не трещина, \
    а след от инструмента мастера, мы его нарочно оставляем. Объём сто шестьдесят миллилитров, вес двести десять граммов, \
    в коробке деревянная подставка и открытка с подписью. Заберите, пожалуйста, до пятницы: потом мы уезжаем в горы.";

/// What somebody writes who wants to be taken for somebody else: a link whose name only looks right, text that runs
/// backwards, and a sign that nobody sees.
const HOSTILE: &str = "SUPPORT: your account is locked since 00:00. Confirm your token at \
    https://kv\u{0456}t.example/confirm?id=1 or https://kvit.example@198.51.100.7/ within 24 hours. The instructions are in \
    \u{202E}gpj.exe\u{202C}. Do not answer here, write to sup\u{200B}port\u{2060}@kvit.example.";

/// Buys without a named account.
const GUEST: &str = "guest-4417";

/// Means no good.
const IMPOSTOR: &str = "he1p.desk";

const PEOPLE: [Person; 2] = [
    goods::person(GUEST, Role::Buyer, ("UTC", "USD"), "", "", 1_200_000, (0, 0, 0)),
    goods::person(IMPOSTOR, Role::Seller, ("UTC", "USD"), "", "", 0, (0, 0, 0)),
];

/// What was bought from the local user and partly given back, what was said about it, and what they thought of each
/// other. All of it is read.
pub(super) fn past(world: &mut World, you: u64, now: Moment) -> Result<(), Refusal> {
    for person in &PEOPLE {
        world.introduce(person)?;
    }
    let [guest, marta, sasha, tomas] = [
        world.id(GUEST)?,
        world.id("marta.k")?,
        world.id("sasha-77")?,
        world.id("tomas.b")?,
    ];
    world.books.edit_user(guest, |user| {
        user.anonymous = true;
        Ok(())
    })?;
    let ago = |days: i64, seconds: i64| now.after(-days * DAY).after(seconds);
    let four = world.books.pay_from_balance(tomas, 700, 4, ago(2, 5_000))?;
    world.books.pay_from_balance(guest, 700, 1, ago(2, 30_000))?;
    let refund = world.books.create_refund(you, four, 1, ago(2, 58_000))?;
    world.books.pay_from_balance(you, refund, 1, ago(2, 60_000))?;
    world.say(you, now, &READ)?;
    for (buyer, invoice, days, text) in [
        (you, 88, 21, "The best coffee in town."),
        (
            you,
            101,
            14,
            "Licence at once; the one problem was solved within the hour.",
        ),
        (marta, 700, 16, "Lovely, and quickly sent."),
        (sasha, 777, 8, "Очень интересный собеседник."),
    ] {
        let payment = world.payment_by(buyer, invoice)?;
        world.judge(payment, ago(days, 60_000), text)?;
    }
    Ok(())
}

/// What was said lately and nobody has read yet.
pub(super) fn news(world: &mut World, you: u64, now: Moment) -> Result<(), Refusal> {
    world.say(you, now, &UNREAD)
}

impl World {
    fn person(&self, you: u64, login: &str) -> Result<u64, Refusal> {
        if login == YOU { Ok(you) } else { self.id(login) }
    }

    /// Lets people say these lines, in the order of time, so that numbers of messages grow with it.
    fn say(&mut self, you: u64, now: Moment, lines: &[Line]) -> Result<(), Refusal> {
        let at = |line: &Line| now.after(-line.0 * DAY).after(line.1);
        let mut lines: Vec<&Line> = lines.iter().collect();
        lines.sort_by_key(|line| at(line));
        for line in lines {
            let by = self.person(you, line.3)?;
            let at = at(line);
            let images = match line.5 {
                Some((drawing, uploaded)) => {
                    let (guid, number): (_, u64) = (self.guid().to_string(), self.rng.random());
                    if uploaded {
                        let picture = pictures::take(drawing, number)?;
                        self.books.store_image(by, &guid, picture, at)?;
                    }
                    vec![guid]
                }
                None => Vec::new(),
            };
            let words = Words {
                text: line.4.to_owned(),
                images,
            };
            match line.2 {
                Invoice(invoice, buyer) => {
                    let buyer = self.person(you, buyer)?;
                    let to = if by == buyer {
                        String::new()
                    } else {
                        self.books.user(buyer)?.guid.clone()
                    };
                    self.books.write_about_invoice(by, invoice, &to, words, at)?;
                }
                Payment(buyer, invoice) => {
                    let payment = self.payment_by(self.person(you, buyer)?, invoice)?;
                    self.books.write_about_payment(by, payment, words, at)?;
                }
            }
        }
        Ok(())
    }

    /// The newest payment of a buyer for an invoice.
    fn payment_by(&self, buyer: u64, invoice: u64) -> Result<u64, Refusal> {
        self.books
            .payments
            .values()
            .rev()
            .find(|payment| payment.owner == buyer && payment.invoice == invoice)
            .map(|payment| payment.id)
            .ok_or(Refusal::PaymentNotFound)
    }

    /// Both sides judge a payment, and the deal that funded it where there is one.
    fn judge(&mut self, payment: u64, at: Moment, text: &str) -> Result<(), Refusal> {
        let row = self.books.payment(payment)?;
        let (buyer, seller, deal) = (row.owner, row.seller, row.deal);
        let verdict = |text: &str| Verdict {
            positive: true,
            text: text.to_owned(),
        };
        self.books.judge_payment(buyer, payment, verdict(text), at)?;
        self.books
            .judge_payment(seller, payment, verdict("Paid at once."), at.after(600))?;
        if let Some(deal) = deal {
            let trader = self.books.deal(deal)?.owner;
            self.books
                .judge_deal(buyer, deal, verdict("Quick and polite."), at.after(700))?;
            self.books.judge_deal(trader, deal, verdict(""), at.after(900))?;
        }
        Ok(())
    }

    /// The newest feedback of those that somebody's standing counts; those that blame are spread evenly.
    pub(super) fn recall_feedback(&mut self, about: u64, russian: bool) -> Result<(), Refusal> {
        let past = self.books.user(about)?.standing.clone();
        let (praise, blame) = if russian {
            (PRAISE_RU, BLAME_RU)
        } else {
            (PRAISE, BLAME)
        };
        for (business, judged, praised) in [
            (
                Business::EarlierPayment,
                past.invoices_judged,
                past.invoices_praised,
            ),
            (Business::EarlierDeal, past.deals_judged, past.deals_praised),
        ] {
            let blamed = judged.saturating_sub(praised);
            for number in judged.saturating_sub(FEEDBACK_KEPT)..judged {
                let so_far = |number: u32| u64::from(number) * u64::from(blamed) / u64::from(judged.max(1));
                let positive = so_far(number) == so_far(number.saturating_add(1));
                let words: &[&str] = if positive { &praise } else { &blame };
                let text = words.get(self.rng.random_range(0..words.len()));
                let verdict = Verdict {
                    positive,
                    text: text.copied().unwrap_or_default().to_owned(),
                };
                // The last one a day before the world began.
                let at = self.start.after(-i64::from(judged.saturating_sub(number)) * DAY);
                self.books.remember_feedback(about, business, verdict, at)?;
            }
        }
        Ok(())
    }
}
