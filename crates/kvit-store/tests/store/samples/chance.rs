//! Every possible value, by chance.

use kvit_domain::{
    Decimal, Timestamp,
    advertisement::Advertisement,
    deal::{Deal, DealStatus},
    feedback::Feedback,
    id::{AdvertisementId, DealId, EventId, InvoiceId, MessageId, PaymentId, UserId},
    invoice::{Invoice, InvoicePrice, InvoiceStatus},
    message::{Message, Talk},
    money::{Fiat, MAX_SATS, Sats},
    news::{News, NewsKind},
    payment::{BearerText, Payment, PaymentStatus, Secret},
    person::Person,
    picture::PictureId,
    receipt::Receipt,
};
use kvit_store::{OperationRow, StepRow};
use proptest::{option, prelude::*, sample::select};
use uuid::Uuid;

use super::{payment_id, picture, user};

pub fn any_number() -> BoxedStrategy<u64> {
    prop_oneof![1_u64..5, 1..=i64::MAX as u64, Just(i64::MAX as u64)].boxed()
}

pub fn any_text() -> BoxedStrategy<String> {
    prop_oneof!["\\PC{0,12}", ".{0,6}", Just("\0\"'\\\u{202e}".to_owned())].boxed()
}

pub fn any_time() -> BoxedStrategy<Timestamp> {
    prop_oneof![
        (0_i64..4_000_000_000, 0_i32..1_000_000_000)
            .prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap()),
        (
            Timestamp::MIN.as_second() + 1..Timestamp::MAX.as_second(),
            0_i32..1_000_000_000
        )
            .prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap()),
        Just(Timestamp::MIN),
        Just(Timestamp::MAX),
        // Where .NET begins.
        Just("0001-01-01T00:00:00Z".parse().unwrap()),
    ]
    .boxed()
}

pub fn any_decimal() -> BoxedStrategy<Decimal> {
    (
        any::<u32>(),
        any::<u32>(),
        any::<u32>(),
        any::<bool>(),
        0_u32..=28,
    )
        .prop_map(|(low, middle, high, negative, scale)| {
            Decimal::from_parts(low, middle, high, negative, scale)
        })
        .boxed()
}

pub fn any_fiat() -> BoxedStrategy<Fiat> {
    (0_i64..=100_000_000_000_000_000, 2_u32..10, "[A-Z]{3}")
        .prop_map(|(units, scale, code)| {
            Fiat::new(Decimal::new(units, scale), code.parse().unwrap()).unwrap()
        })
        .boxed()
}

pub fn any_pictures() -> BoxedStrategy<Vec<PictureId>> {
    proptest::collection::vec(any::<u128>().prop_map(picture), 0..3).boxed()
}

pub fn any_sats() -> BoxedStrategy<Sats> {
    prop_oneof![0_i64..10, 0..=MAX_SATS, Just(MAX_SATS)]
        .prop_map(|count| Sats::new(count).unwrap())
        .boxed()
}

pub fn any_person(id: UserId) -> BoxedStrategy<Person> {
    let counts = proptest::array::uniform9(any::<u32>());
    let rates = proptest::array::uniform3(any_decimal());
    let times = proptest::array::uniform3(option::of(any_time()));
    let texts = proptest::array::uniform3(any_text());
    (counts, rates, times, texts, any::<bool>())
        .prop_map(move |(counts, rates, times, texts, anonymous)| {
            let [
                deals,
                partners,
                median_seconds,
                mean_seconds,
                invoices,
                made,
                received,
                trusted,
                blocked,
            ] = counts;
            let [deal_rate, deal_average, invoice_rate] = rates;
            let [first_deal, created, last_online] = times;
            let [name, introduction, site] = texts;
            Person {
                id,
                name,
                anonymous,
                deal_rate,
                deals,
                partners,
                deal_average,
                median_seconds,
                mean_seconds,
                first_deal,
                invoice_rate,
                invoices,
                payments_made: made,
                payments_received: received,
                trusted_by: trusted,
                blocked_by: blocked,
                created,
                last_online,
                introduction,
                site,
            }
        })
        .boxed()
}

/// Everybody there is: the marketplace and three people, so that each stands in one way only.
pub type Cast = [Person; 4];

pub fn any_cast() -> BoxedStrategy<Cast> {
    (
        any_person(UserId::Marketplace),
        any_person(user(1)),
        any_person(user(2)),
        any_person(user(3)),
    )
        .prop_map(|(a, b, c, d)| [a, b, c, d])
        .boxed()
}

pub fn any_feedback() -> BoxedStrategy<Feedback> {
    (any::<bool>(), any_text(), option::of(any_time()))
        .prop_map(|(positive, text, created)| Feedback {
            positive,
            text,
            created,
        })
        .boxed()
}

pub fn any_invoice(cast: Cast) -> BoxedStrategy<Invoice> {
    let people = (option::of(select(cast.to_vec())), select(cast.to_vec()));
    let flags = proptest::array::uniform3(any::<bool>());
    let numbers = proptest::array::uniform4(any::<u32>());
    let price = prop_oneof![
        Just(InvoicePrice::Crypto),
        any_decimal().prop_map(InvoicePrice::Fiat)
    ];
    let status = select(vec![
        InvoiceStatus::Active,
        InvoiceStatus::PendingPay,
        InvoiceStatus::NoPieces,
        InvoiceStatus::Payed,
        InvoiceStatus::Deleted,
    ]);
    (
        (any_number(), people, flags, numbers, price, status),
        (
            any_sats(),
            any_sats(),
            any_text(),
            "[A-Z]{3}",
            any_time(),
            option::of(any_time()),
        ),
        (option::of(any_number()), any_pictures()),
    )
        .prop_map(
            |(
                (id, (target, owner), [private, limited, service], numbers, price, status),
                (unit, total_paid, comment, currency, created, valid_to),
                (refund_of, pictures),
            )| {
                let [pieces_min, pieces_max, payments, _] = numbers;
                Invoice {
                    id: InvoiceId::new(id).unwrap(),
                    target,
                    private,
                    price,
                    currency: currency.parse().unwrap(),
                    unit,
                    comment,
                    pieces_min,
                    pieces_max,
                    limited,
                    status,
                    total_paid,
                    payments,
                    owner,
                    created,
                    valid_to,
                    refund_of: refund_of.and_then(PaymentId::new),
                    service,
                    pictures,
                }
            },
        )
        .boxed()
}

pub fn any_message() -> BoxedStrategy<Message> {
    (
        any_number(),
        any_time(),
        option::of(select(vec![UserId::Marketplace, user(1), user(9)])),
        any_text(),
        any_pictures(),
    )
        .prop_map(|(id, created, author, text, pictures)| Message {
            id: MessageId::new(id).unwrap(),
            created,
            author,
            text,
            pictures,
        })
        .boxed()
}

pub fn any_deal(cast: Cast) -> BoxedStrategy<Deal> {
    let people = proptest::array::uniform3(select(cast.to_vec()));
    let ad = (
        any_number(),
        any::<bool>(),
        proptest::array::uniform3(any_fiat()),
        proptest::array::uniform4(any_text()),
        any::<u32>(),
        any::<bool>(),
    );
    let times = proptest::array::uniform4(option::of(any_time()));
    let feedback = proptest::array::uniform2(option::of(any_feedback()));
    (
        (
            any_number(),
            any_fiat(),
            any_sats(),
            any_time(),
            select(DealStatus::ALL.to_vec()),
        ),
        (times, any::<bool>(), ad, people),
        (
            proptest::collection::vec(any_message(), 0..4),
            option::of(any_sats()),
            feedback,
            option::of(any_number()),
        ),
    )
        .prop_map(
            |(
                (id, fiat, amount, created, status),
                (
                    [completed, canceled, disputed, fiat_declared_at],
                    fiat_declared,
                    (
                        ad,
                        owner_buys,
                        [price, min, max],
                        [country, payment_type, title, terms],
                        window_minutes,
                        enabled,
                    ),
                    [owner, initiator, ad_owner],
                ),
                (messages, fee, [owner_feedback, initiator_feedback], payment),
            )| Deal {
                id: DealId::new(id).unwrap(),
                fiat,
                amount,
                created,
                status,
                completed,
                canceled,
                disputed,
                fiat_declared,
                fiat_declared_at,
                ad: Advertisement {
                    id: AdvertisementId::new(ad).unwrap(),
                    owner_buys,
                    price,
                    min,
                    max,
                    country,
                    payment_type,
                    title,
                    terms,
                    window_minutes,
                    enabled,
                    owner: ad_owner,
                },
                owner,
                initiator,
                messages,
                fee,
                owner_feedback,
                initiator_feedback,
                payment: payment.and_then(PaymentId::new),
            },
        )
        .boxed()
}

pub fn any_secret() -> BoxedStrategy<Secret> {
    (any_text(), option::of(any_text()), any_pictures())
        .prop_map(|(text, url, pictures)| Secret { text, url, pictures })
        .boxed()
}

pub fn any_payment(cast: Cast) -> BoxedStrategy<Payment> {
    let status = select(vec![
        PaymentStatus::Pending,
        PaymentStatus::Paid,
        PaymentStatus::Canceled,
    ]);
    (
        (
            any_number(),
            any_sats(),
            any_time(),
            option::of(any_text()),
            select(cast.to_vec()),
            any_invoice(cast.clone()),
        ),
        (
            proptest::array::uniform2(option::of(any_feedback())),
            status,
            option::of(any_deal(cast.clone())),
            proptest::array::uniform3(any::<u32>()),
            any::<bool>(),
        ),
        (
            proptest::collection::vec(any_invoice(cast), 0..2),
            option::of(any_text()),
            proptest::collection::vec(any_secret(), 0..3),
            option::of(any_text()),
        ),
    )
        .prop_map(
            |(
                (id, amount, created, confirmation, buyer, invoice),
                ([seller_feedback, buyer_feedback], status, deal, [pieces, refunded, refunding], refund),
                (refunds, promise, secrets, lightning_request),
            )| Payment {
                id: payment_id(id),
                amount,
                created,
                confirmation,
                buyer,
                invoice,
                seller_feedback,
                buyer_feedback,
                status,
                // Each has a deal of its own: a shared one is as it came last.
                deal: deal.map(|deal| {
                    Box::new(Deal {
                        id: DealId::new(id).unwrap(),
                        ..deal
                    })
                }),
                pieces,
                refund,
                refunds,
                refunded,
                refunding,
                change_promise: promise.map(BearerText::new),
                secrets,
                lightning_request,
            },
        )
        .boxed()
}

pub fn any_payments(count: std::ops::Range<usize>) -> BoxedStrategy<Vec<Payment>> {
    any_cast()
        .prop_flat_map(move |cast| proptest::collection::vec(any_payment(cast), count.clone()))
        .prop_map(|mut payments| {
            payments.sort_by_key(|payment| payment.id);
            payments.dedup_by_key(|payment| payment.id);
            payments
        })
        .boxed()
}

pub fn any_receipt() -> BoxedStrategy<Receipt> {
    (
        (any_number(), any_text(), any_time(), "[0-9A-F]{40}", any_time()),
        (option::of(any::<u32>()), any_number(), any_sats(), any_time()),
        (any_text(), any_text()),
    )
        .prop_map(
            |(
                (payment, text, first_seen, key, signed),
                (pieces, invoice, amount, created),
                (payer, owner),
            )| Receipt {
                payment: payment_id(payment),
                text,
                first_seen,
                key,
                signed,
                pieces,
                invoice: InvoiceId::new(invoice).unwrap(),
                amount,
                created,
                payer,
                owner,
            },
        )
        .boxed()
}

pub fn any_news() -> BoxedStrategy<News> {
    (
        (any_number(), any_time(), select(NewsKind::ALL.to_vec())),
        proptest::array::uniform3(option::of(any_number())),
        (any_text(), option::of(any_sats()), option::of(any_fiat())),
        (option::of(any_talk()), any_text()),
    )
        .prop_map(
            |((event, at, kind), [payment, deal, invoice], (person, amount, fiat), (talk, words))| News {
                event: EventId::new(event).unwrap(),
                at,
                kind,
                payment: payment.and_then(PaymentId::new),
                deal: deal.and_then(DealId::new),
                invoice: invoice.and_then(InvoiceId::new),
                person,
                amount,
                fiat,
                talk,
                words,
            },
        )
        .boxed()
}

pub fn any_talk() -> BoxedStrategy<Talk> {
    prop_oneof![
        (any_number(), any::<u128>()).prop_map(|(invoice, buyer)| Talk::Invoice {
            invoice: InvoiceId::new(invoice).unwrap(),
            buyer: UserId::Person(Uuid::from_u128(buyer)),
        }),
        any_number().prop_map(|number| Talk::Payment(PaymentId::new(number).unwrap())),
        any_number().prop_map(|number| Talk::Deal(DealId::new(number).unwrap())),
    ]
    .boxed()
}

pub fn any_step() -> BoxedStrategy<StepRow> {
    (any_time(), any_text(), any_text())
        .prop_map(|(at, what, body)| StepRow { at, what, body })
        .boxed()
}

pub fn any_operation() -> BoxedStrategy<OperationRow> {
    (
        (any::<u128>(), any_text(), any_text(), any::<bool>()),
        (any_time(), option::of(any_time())),
        proptest::array::uniform3(option::of(any_number())),
        any_text(),
    )
        .prop_map(
            |((id, act, state, open), (prepared, settled), [invoice, payment, deal], body)| OperationRow {
                id: Uuid::from_u128(id),
                act,
                state,
                open,
                prepared,
                settled,
                invoice: invoice.and_then(InvoiceId::new),
                payment: payment.and_then(PaymentId::new),
                deal: deal.and_then(DealId::new),
                body,
            },
        )
        .boxed()
}
