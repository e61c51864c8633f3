//! Operations: acts that move money or cannot be undone, and what was looked at to find out about them.

use std::collections::BTreeMap;

use kvit_domain::fault::FaultCode as Code;
use kvit_engine::{self as engine, operation as machine};
use serde::Serialize;
use specta::Type;

use crate::{
    account::AccountId,
    fault::{Fault, FaultCode},
    invoice::FiatSum,
    payment::Difference,
    person::time,
};

/// An operation that moves money, as a screen shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OperationCard {
    /// Its number here.
    pub id: String,
    /// What it does.
    pub act: Act,
    /// Invoice it pays, if it does.
    pub invoice: Option<String>,
    /// Pieces.
    pub pieces: Option<u32>,
    /// Satoshi the person agreed to.
    pub sats: Option<String>,
    /// Fiat the person agreed to.
    pub fiat: Option<FiatSum>,
    /// To whom.
    pub counterparty: Option<String>,
    /// When it was sent.
    pub since: String,
    /// Where it stands.
    pub state: OperationState,
    /// How many times the app has looked so far.
    pub looks: u32,
    /// The payment it made, once known.
    pub payment: Option<String>,
    /// Why it was refused, if it was.
    pub fault: Option<Fault>,
    /// When it was settled.
    pub settled: Option<String>,
    /// The account it is of.
    pub account: AccountId,
}

/// A page of the journal, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OperationsPage {
    /// The rows.
    pub rows: Vec<OperationCard>,
    /// `before` of the next page; none at the end.
    pub next: Option<String>,
}

/// An operation with everything that is on record about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OperationDetail {
    /// What it is and where it stands.
    pub card: OperationCard,
    /// What happened and what was looked at, in order.
    pub steps: Vec<OperationStep>,
    /// Spendable satoshi before.
    pub balance_before: Option<String>,
    /// Highest own payment number known before.
    pub mark: Option<String>,
    /// What was agreed to and what was taken, once known.
    pub taken: Option<Difference>,
    /// Payments of the same intent beyond the one.
    pub doubles: Vec<String>,
    /// The deal it is about.
    pub deal: Option<String>,
    /// Refunds that it made: the one that was meant, and those to be withdrawn.
    pub refunds: Vec<String>,
    /// The payment that it gives back.
    pub refund_of: Option<String>,
    /// What was to be said of the other side.
    pub said: Option<SaidFeedback>,
    /// Something was said there before, in other words.
    pub otherwise: bool,
}

/// What was to be said of the other side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SaidFeedback {
    /// Good or bad.
    pub positive: bool,
    /// The words.
    pub text: String,
}

/// A step of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OperationStep {
    /// When.
    pub at: String,
    /// What.
    pub kind: StepKind,
    /// What it showed: `found` (nothing, found, failed), `late` (yes, no), `newest`, `balance`, `payment`, `invoice`; `code` is a
    /// [`FaultCode`].
    pub values: BTreeMap<String, String>,
}

/// Kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum StepKind {
    /// Written down.
    Prepared,
    /// The call was made.
    Sent,
    /// The marketplace answered.
    Answered,
    /// No answer.
    Silence,
    /// The marketplace refused.
    Refused,
    /// A look.
    Looked,
    /// It happened.
    Done,
    /// It did not.
    ProvenAbsent,
    /// A person is told.
    NeedsAPerson,
    /// Found in the journal at the start of the app.
    Resumed,
    /// Another payment or refund of the same intent.
    Double,
    /// Another sum than agreed was taken, or other words were there.
    Differs,
}

/// Acts that move money or cannot be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Act {
    /// Pay an invoice from balance.
    PayFromBalance,
    /// Pay an invoice through a chosen advertisement.
    PayByDeal,
    /// Pay an invoice through whatever advertisement is cheapest.
    PayByBestDeal,
    /// Cancel a payment.
    CancelPayment,
    /// Say that the fiat was sent.
    IPaid,
    /// Cancel a deal.
    CancelDeal,
    /// Say something of the other side of a payment.
    GivePaymentFeedback,
    /// Say something of the other side of a deal.
    GiveDealFeedback,
    /// Make a refund of a payment.
    CreateRefund,
    /// Withdraw a refund that is not paid.
    WithdrawRefund,
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum OperationState {
    /// On its way.
    Sent,
    /// Not known yet.
    Unknown,
    /// Done.
    Done,
    /// Refused by the marketplace.
    Refused,
    /// Proven not to have happened.
    ProvenAbsent,
    /// The app cannot decide; a person has to look.
    NeedsAPerson,
}

impl From<&engine::Operation> for OperationCard {
    fn from(operation: &engine::Operation) -> Self {
        use engine::OperationState as State;
        let intent = &operation.intent;
        let (state, looks, payment, fault) = match &operation.state {
            State::Prepared | State::Sent => (OperationState::Sent, 0, None, None),
            State::Unknown { looks, .. } => (OperationState::Unknown, *looks, None, None),
            State::Done(payment) => (OperationState::Done, 0, *payment, None),
            State::Refused(fault) => (OperationState::Refused, 0, None, Some(fault.clone())),
            State::ProvenAbsent => (OperationState::ProvenAbsent, 0, None, None),
            State::NeedsAPerson => (OperationState::NeedsAPerson, 0, None, None),
        };
        Self {
            id: operation.id.to_string(),
            act: match intent.act {
                engine::Act::PayFromBalance => Act::PayFromBalance,
                engine::Act::PayByDeal => Act::PayByDeal,
                engine::Act::PayByBestDeal => Act::PayByBestDeal,
                engine::Act::CancelPayment => Act::CancelPayment,
                engine::Act::DeclarePaid => Act::IPaid,
                engine::Act::CancelDeal => Act::CancelDeal,
                engine::Act::GivePaymentFeedback => Act::GivePaymentFeedback,
                engine::Act::GiveDealFeedback => Act::GiveDealFeedback,
                engine::Act::CreateRefund => Act::CreateRefund,
                engine::Act::WithdrawRefund => Act::WithdrawRefund,
            },
            invoice: intent.invoice.map(|id| id.to_string()),
            pieces: intent.pieces,
            sats: intent.amount.map(|amount| amount.to_string()),
            fiat: intent.fiat.map(FiatSum::from),
            counterparty: intent.counterparty.clone(),
            since: time(operation.prepared),
            state,
            looks,
            payment: payment.map(|id| id.to_string()),
            fault: fault.map(Fault::from),
            settled: operation.settled.map(time),
            account: operation.account.to_string(),
        }
    }
}

impl OperationsPage {
    /// A page as the engine gives it; `wanted` rows were asked for.
    pub fn new(page: &[(u64, engine::Operation)], wanted: u32) -> Self {
        let full = u32::try_from(page.len()).is_ok_and(|length| length >= wanted);
        Self {
            rows: page.iter().map(|(_, operation)| operation.into()).collect(),
            next: page.last().filter(|_| full).map(|(number, _)| number.to_string()),
        }
    }
}

impl OperationDetail {
    /// An operation with its steps.
    pub fn new(operation: &engine::Operation, steps: &[machine::Step]) -> Self {
        Self {
            card: operation.into(),
            steps: steps.iter().map(OperationStep::from).collect(),
            balance_before: operation.intent.balance.map(|sats| sats.to_string()),
            mark: operation.intent.mark.map(|id| id.to_string()),
            taken: operation.difference().as_ref().map(Difference::from),
            doubles: operation.doubles.iter().map(ToString::to_string).collect(),
            deal: operation.intent.deal.map(|id| id.to_string()),
            refunds: operation.refunds.iter().map(ToString::to_string).collect(),
            refund_of: operation.intent.refund_of.map(|id| id.to_string()),
            said: operation.intent.said.as_ref().map(|said| SaidFeedback {
                positive: said.positive,
                text: said.text.clone(),
            }),
            otherwise: operation.otherwise,
        }
    }
}

impl From<&machine::Step> for OperationStep {
    fn from(step: &machine::Step) -> Self {
        use machine::StepKind as Kind;
        let mut values = step.values.clone();
        if let Some(code) = values.get_mut("code")
            && let Some(known) = Code::ALL.iter().find(|known| known.name() == code)
        {
            *code = FaultCode::from(*known).word();
        }
        Self {
            at: time(step.at),
            kind: match step.kind {
                Kind::Prepared => StepKind::Prepared,
                Kind::Sent => StepKind::Sent,
                Kind::Answered => StepKind::Answered,
                Kind::Silence => StepKind::Silence,
                Kind::Refused => StepKind::Refused,
                Kind::Looked => StepKind::Looked,
                Kind::Done => StepKind::Done,
                Kind::ProvenAbsent => StepKind::ProvenAbsent,
                Kind::NeedsAPerson => StepKind::NeedsAPerson,
                Kind::Resumed => StepKind::Resumed,
                Kind::Double => StepKind::Double,
                Kind::Differs => StepKind::Differs,
            },
            values,
        }
    }
}
