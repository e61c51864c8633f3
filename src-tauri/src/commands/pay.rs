//! Paying an invoice.

use kvit_domain::fault::{Fault as DomainFault, FaultCode};
use kvit_view::pay::{AdList, Catalog, FiatChoice, PayByDeal, PayDesk, PayFromBalance, PayOutcome};
use tauri::State;

use super::{Answer, now};
use crate::App;

/// An invoice with everything a person has to see before paying it.
#[tauri::command]
#[specta::specta]
pub async fn pay_desk(app: State<'_, App>, invoice_text: String, pieces: Option<u32>) -> Answer<PayDesk> {
    let desk = app.pay_desk(&invoice_text, pieces).await?;
    Ok(PayDesk::new(&desk, now()))
}

/// Advertisements that fit, best first.
#[tauri::command]
#[specta::specta]
pub async fn suitable_ads(
    app: State<'_, App>,
    invoice: String,
    pieces: u32,
    choice: FiatChoice,
) -> Answer<AdList> {
    let invoice = invoice
        .parse()
        .map_err(|_| DomainFault::new(FaultCode::InvoiceNumberInvalid))?;
    Ok((&app.suitable_ads(invoice, pieces, &choice.try_into()?).await?).into())
}

/// Pays from balance.
#[tauri::command]
#[specta::specta]
pub async fn pay_from_balance(app: State<'_, App>, request: PayFromBalance) -> Answer<PayOutcome> {
    Ok(PayOutcome::new(
        &app.pay_from_balance(request.try_into()?).await,
        now(),
    ))
}

/// Pays through an advertisement.
#[tauri::command]
#[specta::specta]
pub async fn pay_by_deal(app: State<'_, App>, request: PayByDeal) -> Answer<PayOutcome> {
    Ok(PayOutcome::new(
        &app.pay_by_deal(request.try_into()?).await,
        now(),
    ))
}

/// Codes and names for the choice of fiat.
#[tauri::command]
#[specta::specta]
pub async fn catalog() -> Answer<Catalog> {
    Ok(Catalog::whole())
}
