//! Stock Sequoia as its documentation shows it: the stream verifier, the standard policy, one good signature.

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use kvit_bench_worker::{Done, Order, Proof, files, serve};
use sequoia_openpgp::cert::Cert;
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::parse::stream::{MessageLayer, MessageStructure, VerificationHelper, VerifierBuilder};
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::{KeyHandle, crypto::backend};

/// Wants one good signature of one certificate.
struct Judge<'a>(&'a Cert);

impl VerificationHelper for Judge<'_> {
    fn get_certs(&mut self, _: &[KeyHandle]) -> sequoia_openpgp::Result<Vec<Cert>> {
        Ok(vec![self.0.clone()])
    }

    fn check(&mut self, structure: MessageStructure<'_>) -> sequoia_openpgp::Result<()> {
        for layer in structure {
            if let MessageLayer::SignatureGroup { results } = layer
                && results.iter().any(Result::is_ok)
            {
                return Ok(());
            }
        }
        Err(std::io::Error::other("no good signature").into())
    }
}

fn verify(text: &[u8], cert: &Cert, policy: &StandardPolicy<'_>) -> sequoia_openpgp::Result<Vec<u8>> {
    let mut verifier = VerifierBuilder::from_bytes(text)?.with_policy(policy, None, Judge(cert))?;
    let mut read = Vec::new();
    verifier.read_to_end(&mut read)?;
    Ok(read)
}

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return ExitCode::FAILURE;
    };
    let policy = StandardPolicy::new();
    let mut inputs = HashMap::new();
    let about = format!("sequoia-openpgp 2.4.2, {}", backend());
    serve(&about, move |order: &Order| {
        if !inputs.contains_key(&order.what) {
            let load = || -> sequoia_openpgp::Result<_> {
                let at = folder.join(&order.what);
                Ok((
                    Cert::from_bytes(&std::fs::read(at.join("key.asc"))?)?,
                    files(&at.join("texts"))?,
                ))
            };
            inputs.insert(order.what.clone(), load().map_err(|error| error.to_string())?);
        }
        let Some((cert, texts)) = inputs.get(&order.what) else {
            return Err("nothing loaded".to_owned());
        };
        let mut proof = Proof::default();
        for text in order.inputs(texts) {
            match verify(text, cert, &policy) {
                Ok(read) => proof.text(&read),
                Err(_) => proof.refused(),
            }
        }
        Ok(Done {
            proof: proof.value(),
            ..Done::default()
        })
    })
}
