//! The calls that move money, as the tables of `operations` need them.

use kvit_domain::{
    fault::{Fault, FaultCode},
    payment::PaymentStatus,
};
use kvit_engine::{PayEnd, SeenDeal};
use kvit_sandbox::{Code, Fault as Wrong};
use kvit_testkit::World;

use crate::{LIBRARY, books::payments_on, invoice, open_deal, pay, pay_by_deal, zelle};

/// What silence looks like.
pub(crate) fn silences() -> Vec<Wrong> {
    let said = |code, text: &str| Wrong::Refuse(code, text.to_owned());
    vec![
        Wrong::Cut,
        Wrong::Hang,
        said(
            Code::Unavailable,
            "upstream connect error or disconnect/reset before headers",
        ),
        said(Code::Unknown, "upstream request timeout"),
        said(Code::DeadlineExceeded, ""),
        said(Code::Cancelled, ""),
        said(Code::ResourceExhausted, ""),
        said(Code::Internal, ""),
        said(Code::Aborted, ""),
    ]
}

/// What the second of two tries of the front proxy may hear, the first one having been carried out.
pub(crate) fn refusals() -> Vec<Wrong> {
    [
        "Exception: Internal error.",
        "UserException: Insufficient funds to pay the invoice.",
        "UserException: Invoice not active.",
        "UserException: You already have a pending payment for this invoice.",
        "UserException: No suitable advertisement found.",
        "UserException: Payment canceled.",
        "UserException: Fiat money paid. You cannot pay a second time.",
        "UserException: Deal not opened.",
        "UserException: Concurrency error. Please, try later.",
    ]
    .into_iter()
    .map(|text| {
        let text = format!("Exception was thrown by handler. {text}");
        Wrong::Refuse(Code::Unknown, text)
    })
    .collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    FromBalance,
    Chosen,
    Cheapest,
    CancelPayment,
    Declare,
    CancelDeal,
}

pub(crate) const CALLS: [Call; 6] = [
    Call::FromBalance,
    Call::Chosen,
    Call::Cheapest,
    Call::CancelPayment,
    Call::Declare,
    Call::CancelDeal,
];

impl Call {
    pub(crate) fn rpc(self) -> &'static str {
        match self {
            Self::FromBalance => "PayInvoiceFromBalance",
            Self::Chosen => "PayInvoiceByDeal",
            Self::Cheapest => "PayInvoiceByBestDeal",
            Self::CancelPayment => "CancelInvoicePayment",
            Self::Declare => "IPayed",
            Self::CancelDeal => "CancelDeal",
        }
    }

    /// A world in which the call can be made, with the deal it is about.
    pub(crate) async fn world(self, seed: u64) -> (World, Option<SeenDeal>) {
        let world = World::new(seed).await;
        match self {
            Self::FromBalance | Self::Chosen | Self::Cheapest => (world, None),
            Self::CancelPayment | Self::Declare | Self::CancelDeal => {
                let deal = open_deal(&world).await.1;
                (world, Some(deal))
            }
        }
    }

    /// Presses the button: done, or the fault.
    async fn press(self, world: &World, deal: Option<&SeenDeal>) -> Result<(), Fault> {
        let end = match self {
            Self::FromBalance => pay(world, LIBRARY, 2).await,
            Self::Chosen => pay_by_deal(world, LIBRARY, 2, true).await,
            Self::Cheapest => pay_by_deal(world, LIBRARY, 2, false).await,
            Self::CancelPayment => {
                let id = deal.unwrap().deal.payment.unwrap();
                return world.engine.cancel_payment(world.account(), id).await.map(|_| ());
            }
            Self::Declare => {
                let deal = &deal.unwrap().deal;
                let declared = world
                    .engine
                    .declare_paid(world.account(), deal.id, deal.fiat.amount())
                    .await;
                return declared.map(|_| ());
            }
            Self::CancelDeal => {
                return world
                    .engine
                    .cancel_deal(world.account(), deal.unwrap().deal.id)
                    .await
                    .map(|_| ());
            }
        };
        as_agreed(end)
    }

    /// How often it was carried out, by the books.
    pub(crate) async fn carried_out(self, world: &World, deal: Option<&SeenDeal>) -> usize {
        match self {
            // The past of the practice world has one on it.
            Self::FromBalance | Self::Chosen | Self::Cheapest => payments_on(world, LIBRARY).await - 1,
            Self::CancelPayment | Self::CancelDeal => {
                let id = deal.unwrap().deal.payment.unwrap();
                let line = world.line_of(&world.you());
                usize::from(line.payment(id).await.unwrap().status == PaymentStatus::Canceled)
            }
            Self::Declare => {
                let line = world.line_of(&world.you());
                usize::from(line.deal(deal.unwrap().deal.id).await.unwrap().fiat_declared)
            }
        }
    }
}

/// Done as agreed, or the fault.
pub(crate) fn as_agreed(end: PayEnd) -> Result<(), Fault> {
    match end {
        PayEnd::Done { differs, .. } => {
            assert!(!differs);
            Ok(())
        }
        PayEnd::Refused(fault) => Err(fault),
        PayEnd::Unknown(operation) => Err(Fault::new(FaultCode::OutcomeUnknown)
            .with("operation", operation.id)
            .money_unknown()),
    }
}

/// Waits for something while both clocks run.
pub(crate) async fn in_time<T>(world: &World, what: impl Future<Output = T>) -> T {
    let mut what = std::pin::pin!(what);
    loop {
        tokio::select! {
            biased;
            end = &mut what => return end,
            () = world.wait(1) => {}
        }
    }
}

/// Presses while both clocks run.
pub(crate) async fn press_in_time(call: Call, world: &World, deal: Option<&SeenDeal>) -> Result<(), Fault> {
    in_time(world, call.press(world, deal)).await
}

/// The same act over another line: the proxy's repetition, or another computer.
pub(crate) async fn act_elsewhere(call: Call, line: &kvit_client::Marketplace, deal: Option<&SeenDeal>) {
    match call {
        Call::FromBalance => {
            line.pay_from_balance(invoice(LIBRARY), 2).await.unwrap();
        }
        Call::Chosen => {
            let choice = zelle();
            let ads = line
                .suitable_advertisements(invoice(LIBRARY), 2, &choice, 0, 10)
                .await;
            let best = ads.unwrap()[0].id;
            line.pay_by_deal(invoice(LIBRARY), 2, best).await.unwrap();
        }
        Call::Cheapest => {
            line.pay_by_best_deal(invoice(LIBRARY), 2, &zelle())
                .await
                .unwrap();
        }
        Call::CancelPayment => {
            let id = deal.unwrap().deal.payment.unwrap();
            line.cancel_payment(id).await.unwrap();
        }
        Call::Declare => {
            line.declare_paid(deal.unwrap().deal.id).await.unwrap();
        }
        Call::CancelDeal => {
            line.cancel_deal(deal.unwrap().deal.id).await.unwrap();
        }
    }
}
