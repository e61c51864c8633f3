//! rPGP as its documentation shows it: read the cleartext message, verify it with the key.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

use kvit_bench_worker::{Done, Order, Proof, files, serve};
use pgp::composed::{CleartextSignedMessage, Deserializable, SignedPublicKey};

fn verify(text: &[u8], key: &SignedPublicKey) -> Result<String, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let (message, _) = CleartextSignedMessage::from_string(text).map_err(|error| error.to_string())?;
    message.verify(key).map_err(|error| error.to_string())?;
    Ok(message.signed_text())
}

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return ExitCode::FAILURE;
    };
    let mut inputs = HashMap::new();
    serve("rPGP (crate pgp) 0.21.0", move |order: &Order| {
        if !inputs.contains_key(&order.what) {
            let load = || -> Result<_, String> {
                let at = folder.join(&order.what);
                let armor = std::fs::read_to_string(at.join("key.asc")).map_err(|error| error.to_string())?;
                let (key, _) = SignedPublicKey::from_string(&armor).map_err(|error| error.to_string())?;
                Ok((key, files(&at.join("texts")).map_err(|error| error.to_string())?))
            };
            inputs.insert(order.what.clone(), load()?);
        }
        let Some((key, texts)) = inputs.get(&order.what) else {
            return Err("nothing loaded".to_owned());
        };
        let mut proof = Proof::default();
        for text in order.inputs(texts) {
            match verify(text, key) {
                Ok(read) => proof.text(read.as_bytes()),
                Err(_) => proof.refused(),
            }
        }
        Ok(Done {
            proof: proof.value(),
            ..Done::default()
        })
    })
}
