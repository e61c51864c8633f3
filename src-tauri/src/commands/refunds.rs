//! Giving back, and saying what one thinks of the other side.

use kvit_domain::{
    fault::{Fault as DomainFault, FaultCode},
    id::{InvoiceId, UserId},
};
use kvit_view::{
    account::account_id,
    deal::DealDetail,
    operation::OperationCard,
    payment::PaymentDetail,
    person::FeedbackPage,
    refund::{RefundDesk, RefundOutcome},
};
use tauri::State;

use super::{Answer, deals::deal_id, now, payments::payment_id, state::place};
use crate::App;

/// A payment that its seller may give back, and what that costs.
#[tauri::command]
#[specta::specta]
pub async fn refund_desk(app: State<'_, App>, payment: String, pieces: Option<u32>) -> Answer<RefundDesk> {
    let desk = app.refund_desk(payment_id(&payment)?, pieces).await?;
    let balance = app.state().money.map(|money| money.balance.confirmed.to_string());
    Ok(RefundDesk::new(&desk, balance, now()))
}

/// Makes a refund, to be paid or withdrawn. `seen_refundable`: how many pieces the page said can be given back.
#[tauri::command]
#[specta::specta]
pub async fn create_refund(
    app: State<'_, App>,
    account: String,
    payment: String,
    pieces: u32,
    seen_refundable: u32,
) -> Answer<RefundOutcome> {
    let made = app
        .create_refund(
            account_id(&account)?,
            payment_id(&payment)?,
            pieces,
            seen_refundable,
        )
        .await;
    Ok(match made {
        Ok(made) => RefundOutcome::made(&made, now()),
        Err(fault) => {
            let unknown = fault
                .value("operation")
                .filter(|_| fault.code == FaultCode::OutcomeUnknown)
                .and_then(|id| id.parse().ok())
                .and_then(|id| app.operation(id).ok());
            match unknown {
                Some(operation) => RefundOutcome::Unknown {
                    operation: Box::new(OperationCard::from(&operation)),
                },
                None => RefundOutcome::Refused { fault: fault.into() },
            }
        }
    })
}

/// Withdraws a refund that is not paid; answers the payment it was for.
#[tauri::command]
#[specta::specta]
pub async fn withdraw_refund(app: State<'_, App>, account: String, invoice: String) -> Answer<PaymentDetail> {
    let invoice: InvoiceId = invoice
        .parse()
        .map_err(|_| DomainFault::new(FaultCode::InvoiceNotFound))?;
    let payment = app.withdraw_refund(account_id(&account)?, invoice).await?;
    Ok(PaymentDetail::new(&payment, now()))
}

/// Says something of the other side of a payment, once and for all.
#[tauri::command]
#[specta::specta]
pub async fn give_payment_feedback(
    app: State<'_, App>,
    account: String,
    payment: String,
    positive: bool,
    text: String,
) -> Answer<PaymentDetail> {
    let payment = app
        .give_payment_feedback(account_id(&account)?, payment_id(&payment)?, positive, &text)
        .await?;
    Ok(PaymentDetail::new(&payment, now()))
}

/// Says something of the other side of a deal, once and for all.
#[tauri::command]
#[specta::specta]
pub async fn give_deal_feedback(
    app: State<'_, App>,
    account: String,
    deal: String,
    positive: bool,
    text: String,
) -> Answer<DealDetail> {
    let deal = app
        .give_deal_feedback(account_id(&account)?, deal_id(&deal)?, positive, &text)
        .await?;
    Ok(DealDetail::new(&deal, now()))
}

/// What others say of a person, newest first.
#[tauri::command]
#[specta::specta]
pub async fn feedback_of(
    app: State<'_, App>,
    user: String,
    deals: bool,
    before: Option<String>,
) -> Answer<FeedbackPage> {
    let user: UserId = user
        .parse()
        .map_err(|_| DomainFault::new(FaultCode::UserNotFound))?;
    let page = app.feedback_of(user, deals, place(before)?).await?;
    Ok(FeedbackPage::from(&page))
}
