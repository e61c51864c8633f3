//! The practice marketplace as a process of its own, with pasts of two lengths: the other end of the rows about reading
//! everything.
//!
//! Two marketplaces begin alike; at the order `grow` one gets a few new payments and the other many. Confirmations are
//! signed once and remembered, so that who reads second is not served faster than who reads first.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use kvit_bench_worker::{Done, serve};
use kvit_sandbox::{Clock, Confirmations, Moment, Options, People, Sandbox, SigningKey};
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};

/// Name of the file that says how to get in.
const DOORS: &str = "doors.json";

/// How to get into one of the marketplaces.
#[derive(Debug, Clone)]
pub struct Door {
    /// On the loopback.
    pub port: u16,
    /// Its certificate.
    pub certificate: CertificateDer<'static>,
    /// SHA-256 of it, lower-case hex.
    pub pin: String,
    /// The person's token.
    pub token: String,
    /// Its signing key, armored.
    pub key: String,
}

impl Door {
    fn value(endpoint: &kvit_sandbox::Endpoint, sandbox: &Sandbox) -> Value {
        json!({
            "address": endpoint.address,
            "certificate": endpoint.certificate_der,
            "pin": endpoint.certificate_sha256,
            "token": sandbox.token(),
            "key": sandbox.public_key(),
        })
    }

    fn of(value: &Value) -> Option<Self> {
        let text = |name: &str| Some(value.get(name)?.as_str()?.to_owned());
        let bytes: Vec<u8> = value
            .get("certificate")?
            .as_array()?
            .iter()
            .map(|byte| u8::try_from(byte.as_u64()?).ok())
            .collect::<Option<_>>()?;
        Some(Self {
            port: text("address")?.rsplit(':').next()?.parse().ok()?,
            certificate: CertificateDer::from(bytes),
            pin: text("pin")?,
            token: text("token")?,
            key: text("key")?,
        })
    }

    /// The doors of the marketplace with few new payments and of the one with many.
    pub fn read(folder: &Path) -> Result<[Self; 2]> {
        let text = std::fs::read_to_string(folder.join(DOORS))?;
        let value: Value = serde_json::from_str(&text)?;
        let door = |name: &str| value.get(name).and_then(Self::of).context("no such door");
        Ok([door("few")?, door("many")?])
    }
}

/// The worker: `market FOLDER PAST FEW MANY SEED`. Obeys `grow`.
pub fn worker(folder: &Path, [past, few, many, seed]: [u64; 4]) -> Result<ExitCode> {
    let (past, few, many) = (u32::try_from(past)?, u32::try_from(few)?, u32::try_from(many)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let markets = runtime.block_on(async {
        let clock = Clock::system();
        // Older than anything it signs.
        let key = SigningKey::generate(Moment::from_seconds(
            clock.now().seconds().saturating_sub(400 * 86_400),
        ))?;
        let open = async || -> Result<_> {
            let sandbox = Sandbox::open(Options {
                seed: Some(seed),
                people: People::Still,
                surprises: false,
                signing_key: Some(key.clone()),
                past,
                confirmations: Confirmations::Kept,
                ..Options::default()
            })
            .await?;
            let endpoint = sandbox.serve_tcp().await?;
            Ok((sandbox, endpoint))
        };
        let markets = [open().await?, open().await?];
        let [(one, at), (other, there)] = &markets;
        let doors = json!({ "few": Door::value(at, one), "many": Door::value(there, other) });
        std::fs::write(folder.join(DOORS), serde_json::to_vec(&doors)?)?;
        anyhow::Ok(markets)
    })?;
    let served = serve("kvit-sandbox, its confirmations signed once", |order| {
        if order.what != "grow" {
            return Err(format!("no such operation: {}", order.what));
        }
        let _inside = runtime.enter();
        for ((sandbox, _), count) in markets.iter().zip([few, many]) {
            sandbox
                .bulk_payments(count)
                .map_err(|refusal| format!("{refusal:?}"))?;
        }
        Ok(Done::default())
    });
    runtime.shutdown_background();
    Ok(served)
}
