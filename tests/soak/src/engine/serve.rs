use crate::pace::Scale;
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};
/// What an engine's process is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Start {
    /// The app's folder.
    pub folder: PathBuf,
    /// Where the wire listens.
    pub address: SocketAddr,
    /// SHA-256 of the certificate, if the line is under TLS.
    pub tls: Option<String>,
    /// The buyer's token.
    pub token: String,
    /// The marketplace's key, armored.
    pub key: String,
    /// How much shorter the limits are.
    pub scale: Scale,
    /// A planted mistake.
    pub planted: Option<String>,
}
/// x
pub async fn serve(_: Start) -> anyhow::Result<()> {
    Ok(())
}
