//! Values of every area for the round-trip properties.

use kvit_domain::{
    Decimal, Timestamp,
    advertisement::Advertisement,
    balance::{Balance, Rates},
    conversation::{About, Conversation},
    deal::{Deal, DealStatus},
    event::{Event, EventContent},
    feedback::Feedback,
    id::{AdvertisementId, ConversationId, DealId, EventId, InvoiceId, MessageId, PaymentId, UserId},
    invoice::{Invoice, InvoicePrice, InvoiceStatus},
    message::Message,
    money::{Currency, Fiat, MAX_SATS, Sats},
    payment::{BearerText, Payment, PaymentStatus, Secret},
    person::{Person, Profile},
    picture::PictureId,
};
use proptest::{collection::vec, option, prelude::*};

fn number() -> impl Strategy<Value = u64> {
    1..=i64::MAX as u64
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[ -~а-яё€😀]{0,40}"]
}

fn time() -> impl Strategy<Value = Timestamp> {
    (-62_104_060_800i64..253_402_207_200, 0..1_000_000_000i32)
        .prop_map(|(seconds, nanos)| Timestamp::new(seconds, nanos).unwrap())
}

fn user() -> impl Strategy<Value = UserId> {
    any::<u128>().prop_map(|id| UserId::Person(uuid::Uuid::from_u128(id)))
}

/// What the wire can hold: nine places.
fn figure() -> impl Strategy<Value = Decimal> {
    (0..=i64::MAX, 0..=9u32).prop_map(|(value, scale)| Decimal::new(value, scale))
}

fn sats() -> impl Strategy<Value = Sats> {
    (1..=MAX_SATS).prop_map(|count| Sats::new(count).unwrap())
}

fn sats_or_zero() -> impl Strategy<Value = Sats> {
    (0..=MAX_SATS).prop_map(|count| Sats::new(count).unwrap())
}

fn currency() -> impl Strategy<Value = Currency> {
    "[A-Z]{3}".prop_map(|code| code.parse().unwrap())
}

fn fiat(from: i64, currency: Currency) -> impl Strategy<Value = Fiat> {
    (from..=100_000_000_000_000_000i64, 2..=9u32)
        .prop_map(move |(value, scale)| Fiat::new(Decimal::new(value, scale), currency).unwrap())
}

pub(crate) fn person() -> BoxedStrategy<Person> {
    let texts = (words(), words(), words());
    let flags = (user(), any::<bool>());
    let figures = (figure(), figure(), figure());
    let counts = any::<[u32; 9]>();
    let times = (option::of(time()), option::of(time()), option::of(time()));
    (texts, flags, figures, counts, times)
        .prop_map(|(texts, flags, figures, counts, times)| Person {
            id: flags.0,
            name: texts.0,
            anonymous: flags.1,
            deal_rate: figures.0,
            deals: counts[0],
            partners: counts[1],
            deal_average: figures.1,
            median_seconds: counts[2],
            mean_seconds: counts[3],
            first_deal: times.0,
            invoice_rate: figures.2,
            invoices: counts[4],
            payments_made: counts[5],
            payments_received: counts[6],
            trusted_by: counts[7],
            blocked_by: counts[8],
            created: times.1,
            last_online: times.2,
            introduction: texts.1,
            site: texts.2,
        })
        .boxed()
}

pub(crate) fn profile() -> impl Strategy<Value = Profile> {
    (user(), words(), any::<bool>(), "[A-Z]{0,3}").prop_map(|(id, name, anonymous, default_currency)| {
        Profile {
            id,
            name,
            anonymous,
            default_currency,
        }
    })
}

pub(crate) fn balance() -> impl Strategy<Value = Balance> {
    (sats_or_zero(), sats_or_zero(), sats_or_zero()).prop_map(|(confirmed, unconfirmed, deposited)| Balance {
        confirmed,
        unconfirmed,
        deposited,
    })
}

pub(crate) fn rates() -> impl Strategy<Value = Rates> {
    proptest::collection::btree_map("[A-Za-z_]{1,12}", figure(), 0..20).prop_map(Rates)
}

pub(crate) fn invoice() -> BoxedStrategy<Invoice> {
    let status = prop_oneof![
        Just(InvoiceStatus::Active),
        Just(InvoiceStatus::PendingPay),
        Just(InvoiceStatus::NoPieces),
        Just(InvoiceStatus::Payed),
        Just(InvoiceStatus::Deleted),
    ];
    let price = currency().prop_flat_map(|currency| {
        let price = prop_oneof![
            Just(InvoicePrice::Crypto),
            fiat(1, currency).prop_map(|price| InvoicePrice::Fiat(price.amount())),
        ];
        (price, Just(currency))
    });
    let people = (person(), option::of(person()));
    let ids = (number(), option::of(number()), words());
    let sums = (sats(), sats_or_zero());
    let counts = (any::<[u32; 3]>(), pictures());
    let flags = any::<[bool; 3]>();
    let times = (time(), option::of(time()));
    (status, price, people, ids, sums, counts, flags, times)
        .prop_map(
            |(status, (price, currency), people, ids, sums, (counts, pictures), flags, times)| Invoice {
                id: InvoiceId::new(ids.0).unwrap(),
                target: people.1,
                private: flags[0],
                price,
                currency,
                unit: sums.0,
                comment: ids.2,
                pieces_min: counts[0],
                pieces_max: counts[1],
                limited: flags[1],
                status,
                total_paid: sums.1,
                payments: counts[2],
                owner: people.0,
                created: times.0,
                valid_to: times.1,
                refund_of: ids.1.and_then(PaymentId::new),
                service: flags[2],
                pictures,
            },
        )
        .boxed()
}

fn feedback() -> impl Strategy<Value = Feedback> {
    (any::<bool>(), words(), option::of(time())).prop_map(|(positive, text, created)| Feedback {
        positive,
        text,
        created,
    })
}

fn pictures() -> impl Strategy<Value = Vec<PictureId>> {
    vec(
        any::<u128>().prop_map(|id| PictureId::new(uuid::Uuid::from_u128(id))),
        0..4,
    )
}

fn secret() -> impl Strategy<Value = Secret> {
    (words(), option::of("https://[a-z]{1,9}\\.example/"), pictures())
        .prop_map(|(text, url, pictures)| Secret { text, url, pictures })
}

pub(crate) fn advertisement() -> BoxedStrategy<Advertisement> {
    let sums = currency().prop_flat_map(|code| (fiat(1, code), fiat(0, code), fiat(0, code)));
    let texts = (words(), words(), words(), words());
    let rest = (number(), any::<[bool; 2]>(), any::<u32>(), person());
    (sums, texts, rest)
        .prop_map(
            |(sums, texts, (id, flags, window_minutes, owner))| Advertisement {
                id: AdvertisementId::new(id).unwrap(),
                owner_buys: flags[0],
                price: sums.0,
                min: sums.1,
                max: sums.2,
                country: texts.0,
                payment_type: texts.1,
                title: texts.2,
                terms: texts.3,
                window_minutes,
                enabled: flags[1],
                owner,
            },
        )
        .boxed()
}

/// Messages in the order of their numbers, none twice.
fn messages() -> impl Strategy<Value = Vec<Message>> {
    let one = (time(), option::of(user()), words(), pictures());
    proptest::collection::btree_map(number(), one, 0..5).prop_map(|messages| {
        messages
            .into_iter()
            .map(|(id, (created, author, text, pictures))| Message {
                id: MessageId::new(id).unwrap(),
                created,
                author,
                text,
                pictures,
            })
            .collect()
    })
}

pub(crate) fn deal() -> BoxedStrategy<Deal> {
    let status = proptest::sample::select(&DealStatus::ALL[..]);
    let ad = advertisement().prop_flat_map(|ad| {
        let sum = fiat(1, ad.price.currency());
        (Just(ad), sum)
    });
    let ids = (number(), option::of(number()));
    let sums = (sats(), option::of(sats_or_zero()));
    let people = (person(), person());
    let times = (time(), vec(option::of(time()), 4));
    let said = (option::of(feedback()), option::of(feedback()), any::<bool>());
    (status, ad, ids, sums, people, times, said, messages())
        .prop_map(
            |(status, (ad, fiat), ids, sums, people, (created, times), said, messages)| Deal {
                id: DealId::new(ids.0).unwrap(),
                fiat,
                amount: sums.0,
                created,
                status,
                completed: times[0],
                canceled: times[1],
                disputed: times[2],
                fiat_declared: said.2,
                fiat_declared_at: times[3],
                ad,
                owner: people.0,
                initiator: people.1,
                messages,
                fee: sums.1,
                owner_feedback: said.0,
                initiator_feedback: said.1,
                payment: ids.1.and_then(PaymentId::new),
            },
        )
        .boxed()
}

pub(crate) fn payment() -> BoxedStrategy<Payment> {
    let status = prop_oneof![
        Just(PaymentStatus::Pending),
        Just(PaymentStatus::Paid),
        Just(PaymentStatus::Canceled),
    ];
    let some_words = || option::of("[ -~]{1,40}");
    let sums = (number(), sats(), time(), 1..=u32::MAX, any::<[u32; 2]>());
    let texts = (some_words(), some_words(), some_words());
    let people = (person(), invoice(), option::of(deal()));
    let said = (option::of(feedback()), option::of(feedback()), any::<bool>());
    let lists = (vec(invoice(), 0..2), vec(secret(), 0..3));
    (status, sums, texts, people, said, lists)
        .prop_map(|(status, sums, texts, people, said, lists)| Payment {
            id: PaymentId::new(sums.0).unwrap(),
            amount: sums.1,
            created: sums.2,
            confirmation: texts.0,
            buyer: people.0,
            invoice: people.1,
            seller_feedback: said.0,
            buyer_feedback: said.1,
            status,
            deal: people.2.map(Box::new),
            pieces: sums.3,
            refund: said.2,
            refunds: lists.0,
            refunded: sums.4[0],
            refunding: sums.4[1],
            change_promise: texts.1.map(BearerText::new),
            secrets: lists.1,
            lightning_request: texts.2,
        })
        .boxed()
}

pub(crate) fn conversation() -> impl Strategy<Value = Conversation> {
    let about = prop_oneof![
        invoice().prop_map(|invoice| About::Invoice(Box::new(invoice))),
        payment().prop_map(|payment| About::Payment(Box::new(payment))),
    ];
    (number(), person(), person(), about, messages()).prop_map(|(id, seller, buyer, about, messages)| {
        Conversation {
            id: ConversationId::new(id).unwrap(),
            seller,
            buyer,
            about,
            messages,
        }
    })
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let content = prop_oneof![
        deal().prop_map(|deal| EventContent::Deal(Box::new(deal))),
        deal().prop_map(|deal| EventContent::DealMessage(Box::new(deal))),
        balance().prop_map(EventContent::Balance),
        invoice().prop_map(|invoice| EventContent::InvoiceNew(Box::new(invoice))),
        invoice().prop_map(|invoice| EventContent::InvoicePaid(Box::new(invoice))),
        invoice().prop_map(|invoice| EventContent::InvoiceDeleted(Box::new(invoice))),
        payment().prop_map(|payment| EventContent::Payment(Box::new(payment))),
        conversation().prop_map(|one| EventContent::ConversationMessage(Box::new(one))),
        Just(EventContent::Other),
    ];
    (option::of(number()), option::of(time()), content).prop_map(|(id, created, content)| Event {
        id: id.and_then(EventId::new),
        created,
        content,
    })
}
