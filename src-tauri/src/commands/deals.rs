//! Deals.

use kvit_domain::{
    fault::{Fault as DomainFault, FaultCode},
    id::DealId,
};
use kvit_view::{
    account::account_id,
    deal::{DealDetail, DealSummary},
    pay::fiat_amount,
};
use tauri::State;

use super::{Answer, now};
use crate::App;

pub(super) fn deal_id(id: &str) -> Result<DealId, DomainFault> {
    id.parse().map_err(|_| FaultCode::DealNotFound.into())
}

/// All deals, newest first.
#[tauri::command]
#[specta::specta]
pub async fn deals(app: State<'_, App>) -> Answer<Vec<DealSummary>> {
    Ok(app
        .deals()
        .await?
        .iter()
        .map(|seen| DealSummary::new(&seen.deal, seen.me))
        .collect())
}

/// One deal.
#[tauri::command]
#[specta::specta]
pub async fn deal(app: State<'_, App>, id: String) -> Answer<DealDetail> {
    Ok(DealDetail::new(&app.deal(deal_id(&id)?).await?, now()))
}

/// Says that the fiat was sent.
#[tauri::command]
#[specta::specta]
pub async fn declare_paid(
    app: State<'_, App>,
    account: String,
    deal: String,
    seen_fiat: String,
) -> Answer<DealDetail> {
    let (account, deal) = (account_id(&account)?, deal_id(&deal)?);
    let seen_fiat = fiat_amount(&seen_fiat)?;
    Ok(DealDetail::new(
        &app.declare_paid(account, deal, seen_fiat).await?,
        now(),
    ))
}

/// Cancels a deal.
#[tauri::command]
#[specta::specta]
pub async fn cancel_deal(app: State<'_, App>, account: String, deal: String) -> Answer<DealDetail> {
    let (account, deal) = (account_id(&account)?, deal_id(&deal)?);
    Ok(DealDetail::new(&app.cancel_deal(account, deal).await?, now()))
}
