//! One purchase from both sides, buyer and seller each with their own engine: asked about, bought, complained about with
//! pictures, given back in part, judged, and put into evidence; then all of it again while every call that writes goes
//! wrong. Nothing is lost, and nothing is doubled without being noticed.

use std::time::Duration;

use kvit_domain::{
    fault::{Fault, FaultCode},
    id::{InvoiceId, MessageId, PaymentId},
    message::Talk,
    payment::Direction,
    picture::PictureId,
    seal::SealMark,
};
use kvit_engine::{Act, Operation, OperationState, OutgoingState, PicturePlace, StepKind, TalkLine};
use kvit_proof::bundle::{BundleVerdict, ItemKind};
use kvit_sandbox::{Fault as Wrong, When};
use kvit_testkit::World;

use crate::{
    LIBRARY, LIBRARY_SELLER,
    books::{Books, moved},
    calls::{as_agreed, in_time},
    evidence, feedback, is_verified, message_settled,
    outgoing::unavailable,
    pay,
    pictures::{drafted, shown},
    refunds, restarted, sats,
    talks::{about, lines},
};

const PIECES: u32 = 3;
/// What a piece costs; the marketplace keeps a hundredth of it.
const PRICE: i64 = 12_500;
const FEE: i64 = 125;

/// The two at one marketplace, and what goes wrong with each call that writes.
struct Both {
    buyer: World,
    seller: World,
    wrong: Option<(When, Wrong)>,
}

/// What came of the journey.
struct Bought {
    before: Talk,
    after: Talk,
    payment: PaymentId,
    refund: PaymentId,
    complaint: MessageId,
    pictures: [PictureId; 2],
}

impl Both {
    async fn new(seed: u64, wrong: Option<(When, Wrong)>) -> Self {
        let buyer = World::new(seed).await;
        let seller = buyer.beside(LIBRARY_SELLER).await;
        Self { buyer, seller, wrong }
    }

    /// The next call of this rpc goes wrong.
    fn strike(&self, rpc: &str) {
        if let Some((when, wrong)) = self.wrong.clone() {
            self.buyer.sandbox.faults().once(rpc, when, wrong);
        }
    }

    /// How often the marketplace carries out what was asked for once, where it can be done twice.
    fn times(&self) -> usize {
        match self.wrong {
            Some((_, Wrong::Twice | Wrong::TwiceAfter(_))) => 2,
            _ => 1,
        }
    }

    /// How often it was asked for: again only where nothing had happened.
    fn asked(&self) -> u64 {
        match self.wrong {
            Some((When::Before, Wrong::Refuse(..) | Wrong::Hang)) => 2,
            _ => 1,
        }
    }

    /// How often a call was carried out for anybody, by the marketplace's own ledger.
    fn carried_out(&self, rpc: &str) -> usize {
        let executions = self.buyer.sandbox.executions();
        executions.iter().filter(|one| one.rpc == rpc).count()
    }

    /// The seller's spendable satoshi.
    fn sellers(&self) -> i64 {
        self.buyer.sandbox.balance(LIBRARY_SELLER).unwrap().0.0
    }

    /// From the question to what each says of the other.
    async fn journey(&self) -> Bought {
        let Self { buyer, seller, .. } = self;
        let before = about(buyer, LIBRARY).await;
        self.strike("SendInvoiceMessage");
        say(buyer, before, "Does it come with updates?").await;
        heard(seller, before, "Does it come with updates?").await;
        self.strike("SendInvoiceMessage");
        say(seller, before, "For a month.").await;
        heard(buyer, before, "For a month.").await;

        self.strike("PayInvoiceFromBalance");
        let bought = acted(buyer, || async { as_agreed(pay(buyer, LIBRARY, PIECES).await) }).await;
        let payment = made(&bought);
        let after = buyer.engine.talk_about_payment(payment).await.unwrap();
        let pictures = [drafted(buyer, after).await, drafted(buyer, after).await];
        self.strike("StoreImage");
        self.strike("SendInvoicePaymentMessage");
        let complaint = say(buyer, after, "One of them does not open:").await;
        heard(seller, after, "One of them does not open:").await;
        for picture in pictures {
            let own = shown(buyer, PicturePlace::Own, picture).await;
            for world in [buyer, seller] {
                let seen = shown(world, PicturePlace::Message(after, complaint), picture).await;
                assert_eq!((seen.width, seen.height), (own.width, own.height));
            }
        }
        self.strike("SendInvoicePaymentMessage");
        say(seller, after, "I give that one back.").await;
        heard(buyer, after, "I give that one back.").await;

        let refund = self.given_back(payment).await;
        self.strike("SendInvoicePaymentFeedback");
        acted(buyer, || feedback::say(buyer, payment, "Fair and quick.")).await;
        self.strike("SendInvoicePaymentFeedback");
        acted(seller, || {
            feedback::say(seller, payment, "Asks first, pays at once.")
        })
        .await;
        Bought {
            before,
            after,
            payment,
            refund,
            complaint,
            pictures,
        }
    }

    /// The seller gives one piece back, and withdraws what was made beyond that.
    async fn given_back(&self, payment: PaymentId) -> PaymentId {
        let seller = &self.seller;
        self.strike("CreateRefund");
        let operation = acted(seller, || refunds::create(seller, payment, 1)).await;
        let invoice = operation.refunds[0];
        // Until nothing of it can be made any more.
        seller.wait(150).await;
        let all = seller.engine.operation(operation.id).unwrap().refunds;
        assert_eq!(
            all.len(),
            self.carried_out("CreateRefund"),
            "each that was made is known"
        );
        for double in all.into_iter().filter(|one| *one != invoice) {
            self.withdrawn(payment, double, invoice).await;
        }
        self.strike("PayInvoiceFromBalance");
        let paid = acted(seller, || async {
            as_agreed(pay(seller, invoice.get(), 1).await)
        })
        .await;
        made(&paid)
    }

    async fn withdrawn(&self, payment: PaymentId, double: InvoiceId, of: InvoiceId) {
        let seller = &self.seller;
        let desk = refunds::desk(seller, payment, 1).await;
        let shown = desk.refunds.iter().find(|one| one.invoice.id == double).unwrap();
        assert_eq!(shown.double_of, Some(of), "it is said what it is");
        self.strike("DeleteInvoice");
        acted(seller, || seller.engine.withdraw_refund(seller.account(), double)).await;
    }

    /// What each of them sees at the end, against the marketplace's books.
    async fn assert_seen(&self, bought: &Bought) {
        let times = self.times();
        assert_eq!(self.carried_out("SendInvoiceMessage"), 2 * times);
        assert_eq!(self.carried_out("SendInvoicePaymentMessage"), 2 * times);
        assert_eq!(self.carried_out("StoreImage"), 2);
        assert_eq!(
            self.carried_out("PayInvoiceFromBalance"),
            times + 1,
            "one of them the refund"
        );
        assert_eq!(self.carried_out("CreateRefund"), times);
        assert_eq!(self.carried_out("DeleteInvoice"), times - 1);
        assert_eq!(self.carried_out("SendInvoicePaymentFeedback"), 2);
        for (talk, asked, answered) in [
            (bought.before, "Does it come with updates?", "For a month."),
            (
                bought.after,
                "One of them does not open:",
                "I give that one back.",
            ),
        ] {
            assert_eq!(
                said(&self.buyer, talk).await,
                conversation(asked, answered, times)
            );
            assert_eq!(
                said(&self.seller, talk).await,
                conversation(answered, asked, times)
            );
        }
        for (rpc, wanted) in [
            ("SendInvoiceMessage", 2),
            ("SendInvoicePaymentMessage", 2),
            ("PayInvoiceFromBalance", 2),
            ("CreateRefund", 1),
            ("SendInvoicePaymentFeedback", 2),
        ] {
            let asked = self.buyer.sandbox.faults().calls(rpc);
            assert_eq!(asked, wanted * self.asked(), "{rpc}");
        }
        self.assert_payments_seen(bought).await;
        for world in [&self.buyer, &self.seller] {
            let state = world.engine.state();
            assert!(state.operations.is_empty(), "{:?}", state.operations);
            let operations = world.engine.operations(None, 10).unwrap();
            assert!(operations.iter().all(|(_, one)| one.watched), "{operations:?}");
        }
    }

    async fn assert_payments_seen(&self, bought: &Bought) {
        for (world, gave, got) in [
            (&self.buyer, Direction::FromMe, Direction::ToMe),
            (&self.seller, Direction::ToMe, Direction::FromMe),
        ] {
            let original = world.engine.payment_now(bought.payment).await.unwrap();
            assert_eq!(
                (original.payment.amount, original.payment.direction(original.me)),
                (sats(PRICE * i64::from(PIECES)), gave)
            );
            assert!(is_verified(&original.seal));
            assert_eq!((original.payment.refunded, original.payment.refunding), (1, 0));
            let given = &original.record.given_back;
            assert_eq!(given.len(), 1, "{given:?}");
            assert_eq!(
                (given[0].payment, given[0].pieces, given[0].amount, given[0].mark),
                (bought.refund, 1, sats(PRICE), SealMark::Verified)
            );
            let refund = world.engine.payment_now(bought.refund).await.unwrap();
            assert!(refund.payment.refund && is_verified(&refund.seal));
            assert_eq!(refund.payment.invoice.refund_of, Some(bought.payment));
            assert_eq!(
                (refund.payment.amount, refund.payment.direction(refund.me)),
                (sats(PRICE), got)
            );
            let [by_buyer, by_seller] =
                [original.payment.buyer_feedback, original.payment.seller_feedback].map(Option::unwrap);
            assert_eq!(by_buyer.text, "Fair and quick.");
            assert_eq!(by_seller.text, "Asks first, pays at once.");
        }
        self.assert_double_seen(bought).await;
    }

    /// A purchase that the marketplace made twice: the buyer is told which two are one.
    async fn assert_double_seen(&self, bought: &Bought) {
        let operations = self.buyer.engine.operations(None, 10).unwrap();
        let of_purchase: Vec<&Operation> = operations
            .iter()
            .map(|(_, one)| one)
            .filter(|one| one.state == OperationState::Done(Some(bought.payment)))
            .filter(|one| one.intent.act == Act::PayFromBalance)
            .collect();
        assert_eq!(of_purchase.len(), 1, "{operations:?}");
        let doubles = &of_purchase[0].doubles;
        assert_eq!(doubles.len(), self.times() - 1);
        for double in doubles {
            for (one, other) in [(*double, bought.payment), (bought.payment, *double)] {
                let seen = self.buyer.engine.payment_now(one).await.unwrap();
                assert_eq!(seen.record.twin, Some(other));
            }
            let steps = self.buyer.engine.steps(of_purchase[0].id).unwrap();
            assert!(steps.iter().any(|step| step.kind == StepKind::Double));
            let sold = self.seller.engine.payment(*double).await.unwrap();
            assert!(is_verified(&sold.seal), "the seller sees both sales");
        }
    }

    /// Each makes a bundle of their own, and the other one checks it.
    async fn assert_evidence(&self, bought: &Bought) {
        for (world, other, login) in [
            (&self.buyer, &self.seller, self.buyer.you()),
            (&self.seller, &self.buyer, LIBRARY_SELLER.to_owned()),
        ] {
            let plan = evidence::plan(world, bought.payment).await;
            let all = evidence::everything(&plan);
            let bytes = evidence::bundle(world, bought.payment, &all).await;
            let report = evidence::check(other, &bytes).await;
            assert_eq!(report.verdict, BundleVerdict::Whole);
            assert_eq!(report.head.subject.login, login);
            let receipt = report.receipts[0].result.as_ref().unwrap();
            assert_eq!(receipt.confirmation.payment_id, bought.payment.get());
            for kind in [ItemKind::Message, ItemKind::Picture] {
                assert!(plan.items.iter().any(|item| item.kind == kind), "{kind:?}");
            }
        }
    }
}

/// Says something, once more if it is known that it did not arrive; the message.
async fn say(world: &World, talk: Talk, text: &str) -> MessageId {
    let account = world.account();
    let sent = world.engine.send_message(account, talk, text).await.unwrap();
    let mut settled = in_time(world, message_settled(world, sent.id)).await;
    if matches!(settled.state, OutgoingState::Failed(_)) {
        world.engine.retry_message(account, sent.id).unwrap();
        settled = in_time(world, message_settled(world, sent.id)).await;
    }
    settled.message().expect("it is sent")
}

/// Waits until the other side's words are there, which come by themselves.
async fn heard(world: &World, talk: Talk, text: &str) {
    for _ in 0..60 {
        if said(world, talk).await.iter().any(|(said, ..)| said == text) {
            return;
        }
        world.wait(1).await;
    }
    panic!("{text} was not heard");
}

/// The lines of a talk, sorted: words, whether they are the person's own, and how often they came again.
async fn said(world: &World, talk: Talk) -> Vec<(String, bool, u32)> {
    let shown = lines(world, talk).await.lines.into_iter();
    let mut said: Vec<_> = shown
        .map(|line| match line {
            TalkLine::Message {
                message,
                mine,
                repeats,
                ..
            } => (message.text, mine, repeats),
            TalkLine::Outgoing(outgoing) => panic!("still on its way: {outgoing:?}"),
        })
        .collect();
    said.sort();
    said
}

/// What each side sees of one thing said by each of them: the own one once, the other's as often as the marketplace has it.
fn conversation(own: &str, theirs: &str, times: usize) -> Vec<(String, bool, u32)> {
    let again = u32::try_from(times - 1).unwrap();
    let mut said = vec![(theirs.to_owned(), false, 0); times];
    said.push((own.to_owned(), true, again));
    said.sort();
    said
}

/// Does something, once more if it is proven that nothing happened; the operation that did it.
async fn acted<T>(world: &World, act: impl AsyncFn() -> Result<T, Fault>) -> Operation {
    if let Err(fault) = in_time(world, act()).await {
        assert_eq!(fault.code, FaultCode::OutcomeUnknown, "{fault:?}");
        let id = fault.value("operation").unwrap().parse().unwrap();
        let settled = world.until(|world| !world.engine.operation(id).unwrap().state.is_open());
        in_time(world, settled).await;
        if world.engine.operation(id).unwrap().state == OperationState::ProvenAbsent {
            in_time(world, act()).await.map(drop).unwrap();
        }
    }
    world.engine.operations(None, 1).unwrap().remove(0).1
}

/// The payment that an operation made.
fn made(operation: &Operation) -> PaymentId {
    match operation.state {
        OperationState::Done(Some(payment)) => payment,
        ref other => panic!("not done: {other:?}"),
    }
}

/// The whole journey while this goes wrong with every call that writes; both apps are opened again at its end.
async fn travelled(seed: u64, wrong: Option<(When, Wrong)>) {
    let both = Both::new(seed, wrong).await;
    let (books, sellers) = (Books::of(&both.buyer), both.sellers());
    let bought = both.journey().await;
    both.buyer.wait(200).await;
    both.assert_seen(&bought).await;

    let sold = i64::try_from(both.times()).unwrap() * i64::from(PIECES);
    assert_eq!(
        Books::of(&both.buyer).since(&books),
        moved([
            (&both.buyer.you(), PRICE - sold * PRICE, 0),
            ("fees", sold * FEE, 0)
        ])
    );
    assert_eq!(both.sellers() - sellers, sold * (PRICE - FEE) - PRICE);
    both.assert_evidence(&bought).await;

    let Both { buyer, seller, wrong } = both;
    let both = Both {
        buyer: restarted(buyer).await,
        seller: restarted(seller).await,
        wrong,
    };
    both.assert_seen(&bought).await;
    let place = PicturePlace::Message(bought.after, bought.complaint);
    for picture in bought.pictures {
        shown(&both.seller, place, picture).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_purchase_with_everything_that_may_follow() {
    travelled(450, None).await;
}

#[tokio::test(start_paused = true)]
async fn the_same_while_every_call_is_repeated_at_once() {
    for when in [When::Before, When::After] {
        travelled(451, Some((when, Wrong::Twice))).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_while_every_call_is_repeated_later() {
    for when in [When::Before, When::After] {
        travelled(452, Some((when, Wrong::TwiceAfter(Duration::from_secs(30))))).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_while_every_call_is_late() {
    for when in [When::Before, When::After] {
        travelled(453, Some((when, Wrong::Late(Duration::from_secs(30))))).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_while_every_answer_is_lost() {
    for wrong in [unavailable(), Wrong::Hang, Wrong::Cut] {
        travelled(454, Some((When::After, wrong))).await;
    }
}

/// A person does it again once it is known that nothing happened.
#[tokio::test(start_paused = true)]
async fn the_same_while_every_call_is_lost() {
    for wrong in [unavailable(), Wrong::Hang] {
        travelled(455, Some((When::Before, wrong))).await;
    }
}
