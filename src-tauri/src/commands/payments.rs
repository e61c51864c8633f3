//! Payments and people.

use kvit_domain::{
    fault::{Fault as DomainFault, FaultCode},
    id::PaymentId,
};
use kvit_view::{
    payment::{PaymentDetail, PaymentsPage, PaymentsQuery},
    person::PersonCard,
};
use tauri::State;

use super::{Answer, now};
use crate::App;

fn number(id: &str) -> Result<PaymentId, DomainFault> {
    id.parse().map_err(|_| FaultCode::PaymentNotFound.into())
}

/// A page of the list.
#[tauri::command]
#[specta::specta]
pub async fn payments(app: State<'_, App>, query: PaymentsQuery) -> Answer<PaymentsPage> {
    Ok((&app.payments(&query.try_into()?).await?).into())
}

/// One payment.
#[tauri::command]
#[specta::specta]
pub async fn payment(app: State<'_, App>, id: String) -> Answer<PaymentDetail> {
    Ok(PaymentDetail::new(&app.payment(number(&id)?).await?, now()))
}

/// Cancels a pending payment.
#[tauri::command]
#[specta::specta]
pub async fn cancel_payment(app: State<'_, App>, id: String) -> Answer<PaymentDetail> {
    Ok(PaymentDetail::new(
        &app.cancel_payment(number(&id)?).await?,
        now(),
    ))
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
