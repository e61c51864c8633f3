//! Payments and people.

use kvit_domain::{
    fault::{Fault as DomainFault, FaultCode},
    id::PaymentId,
};
use kvit_view::{
    account::account_id,
    payment::{PaymentDetail, PaymentsPage, PaymentsQuery},
    person::PersonCard,
};
use tauri::State;

use super::{Answer, now};
use crate::App;

pub(super) fn payment_id(id: &str) -> Result<PaymentId, DomainFault> {
    id.parse().map_err(|_| FaultCode::PaymentNotFound.into())
}

/// A window of the list.
#[tauri::command]
#[specta::specta]
pub async fn payments(app: State<'_, App>, query: PaymentsQuery) -> Answer<PaymentsPage> {
    let (query, window) = query.split()?;
    Ok((&app.payments(&query, window).await?).into())
}

/// One payment.
#[tauri::command]
#[specta::specta]
pub async fn payment(app: State<'_, App>, id: String) -> Answer<PaymentDetail> {
    Ok(PaymentDetail::new(&app.payment(payment_id(&id)?).await?, now()))
}

/// Cancels a pending payment.
#[tauri::command]
#[specta::specta]
pub async fn cancel_payment(app: State<'_, App>, account: String, id: String) -> Answer<PaymentDetail> {
    let canceled = app
        .cancel_payment(account_id(&account)?, payment_id(&id)?)
        .await?;
    Ok(PaymentDetail::new(&canceled, now()))
}

/// The person has seen what the marketplace contradicted itself about.
#[tauri::command]
#[specta::specta]
pub async fn notices_seen(app: State<'_, App>, payment: String) -> Answer<()> {
    Ok(app.notices_seen(payment_id(&payment)?)?)
}

/// A person.
#[tauri::command]
#[specta::specta]
pub async fn person(app: State<'_, App>, id: String) -> Answer<PersonCard> {
    let id = id
        .parse()
        .map_err(|_| DomainFault::new(FaultCode::UserNotFound))?;
    Ok((&app.person(id).await?).into())
}
