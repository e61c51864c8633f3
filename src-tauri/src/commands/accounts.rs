//! Accounts: practise, connect, switch, remove.

use kvit_domain::fault::{Fault as DomainFault, FaultCode};
use kvit_engine::seal::read_key;
use kvit_view::{
    account::{AccountCard, ConnectForm, KeyCard, KeychainState, ServerCard},
    state::AppState,
};
use secrecy::SecretString;
use tauri::State;

use super::{Answer, now};
use crate::App;

fn number(id: &str) -> Result<kvit_engine::account::AccountId, DomainFault> {
    id.parse().map_err(|_| FaultCode::AccountNotFound.into())
}

/// Opens the practice marketplace.
#[tauri::command]
#[specta::specta]
pub async fn start_practice(app: State<'_, App>) -> Answer<AccountCard> {
    Ok(AccountCard::new(&app.start_practice().await?, now()))
}

/// What a server shows before it is trusted.
#[tauri::command]
#[specta::specta]
pub async fn probe_server(app: State<'_, App>, address: String, proxy: String) -> Answer<ServerCard> {
    Ok(app.probe_server(&address, &proxy).await?.into())
}

/// Reads a public key before it is pinned.
#[tauri::command]
#[specta::specta]
pub async fn inspect_key(text: String) -> Answer<KeyCard> {
    Ok(KeyCard::new(&read_key(text.as_bytes())?, now()))
}

/// Connects to a marketplace and adds the account.
#[tauri::command]
#[specta::specta]
pub async fn connect(app: State<'_, App>, form: ConnectForm) -> Answer<AccountCard> {
    Ok(AccountCard::new(&app.connect(form.into()).await?, now()))
}

/// Gives an account a new token.
#[tauri::command]
#[specta::specta]
pub async fn enter_token(
    app: State<'_, App>,
    account: String,
    token: String,
    keep_in_keychain: bool,
) -> Answer<AccountCard> {
    let token = SecretString::from(token);
    let account = app
        .enter_token(number(&account)?, &token, keep_in_keychain)
        .await?;
    Ok(AccountCard::new(&account, now()))
}

/// Makes an account the current one.
#[tauri::command]
#[specta::specta]
pub async fn switch_account(app: State<'_, App>, id: String) -> Answer<AppState> {
    app.switch(number(&id)?).await?;
    Ok(AppState::new(&app.state(), now()))
}

/// Forgets an account.
#[tauri::command]
#[specta::specta]
pub async fn remove_account(app: State<'_, App>, id: String) -> Answer<AppState> {
    app.remove_account(number(&id)?).await?;
    Ok(AppState::new(&app.state(), now()))
}

/// Asks the keychain how it is.
#[tauri::command]
#[specta::specta]
pub async fn probe_keychain(app: State<'_, App>) -> Answer<KeychainState> {
    Ok(app.probe_keychain().await.into())
}

/// Tries the connection again now.
#[tauri::command]
#[specta::specta]
pub async fn reconnect(app: State<'_, App>) -> Answer<()> {
    Ok(app.reconnect().await?)
}
