//! Accounts: practise, connect, switch, remove.

use kvit_engine::seal::read_key;
use kvit_view::{
    account::{AccountCard, ConnectForm, KeyCard, KeychainState, ServerCard, account_id as number},
    state::AppState,
};
use secrecy::SecretString;
use tauri::State;

use super::{Answer, now};
use crate::App;

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

/// Opens the store of an account with its passphrase, and connects.
#[tauri::command]
#[specta::specta]
pub async fn unlock_store(app: State<'_, App>, account: String, passphrase: String) -> Answer<AppState> {
    let passphrase = SecretString::from(passphrase);
    app.unlock_store(number(&account)?, passphrase).await?;
    Ok(AppState::new(&app.state(), now()))
}

/// Sets the file of an account's store aside under another name, and begins a new store.
#[tauri::command]
#[specta::specta]
pub async fn set_store_aside(app: State<'_, App>, account: String) -> Answer<AppState> {
    app.set_store_aside(number(&account)?).await?;
    Ok(AppState::new(&app.state(), now()))
}

/// Tries the connection again now.
#[tauri::command]
#[specta::specta]
pub async fn reconnect(app: State<'_, App>) -> Answer<()> {
    Ok(app.reconnect().await?)
}
