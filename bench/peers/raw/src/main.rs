//! Bare verification of signatures with a key that is ready: RSA-3072 by OpenSSL, Ed25519 by ed25519-dalek
//! (`verify_strict`). Digests and messages come from the seed; no text is parsed and nothing is hashed for RSA.

use std::process::ExitCode;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use kvit_bench_worker::{Done, Order, Proof, serve};
use openssl::error::ErrorStack;
use openssl::md::Md;
use openssl::pkey::{PKey, Private, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::{Padding, Rsa};
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};

/// Different inputs, so that nothing is remembered from one to the next.
const INPUTS: usize = 64;
/// The length of a confirmation's text.
const MESSAGE: usize = 180;

struct RsaInputs {
    key: PKey<Public>,
    signed: Vec<([u8; 32], Vec<u8>)>,
}

fn rsa_inputs(random: &mut StdRng) -> Result<RsaInputs, ErrorStack> {
    let pair: PKey<Private> = PKey::from_rsa(Rsa::generate(3072)?)?;
    let key = PKey::public_key_from_der(&pair.public_key_to_der()?)?;
    let mut signed = Vec::new();
    for _ in 0..INPUTS {
        let mut digest = [0_u8; 32];
        random.fill_bytes(&mut digest);
        let mut context = PkeyCtx::new(&pair)?;
        context.sign_init()?;
        context.set_rsa_padding(Padding::PKCS1)?;
        context.set_signature_md(Md::sha256())?;
        let mut signature = Vec::new();
        context.sign_to_vec(&digest, &mut signature)?;
        signed.push((digest, signature));
    }
    Ok(RsaInputs { key, signed })
}

fn rsa_verify(key: &PKey<Public>, digest: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
    let mut context = PkeyCtx::new(key)?;
    context.verify_init()?;
    context.set_rsa_padding(Padding::PKCS1)?;
    context.set_signature_md(Md::sha256())?;
    context.verify(digest, signature)
}

fn run(seed: u64) -> Result<ExitCode, ErrorStack> {
    let mut random = StdRng::seed_from_u64(seed);
    let rsa = rsa_inputs(&mut random)?;
    let mut secret = [0_u8; 32];
    random.fill_bytes(&mut secret);
    let pair = SigningKey::from_bytes(&secret);
    let key: VerifyingKey = pair.verifying_key();
    let ed: Vec<([u8; MESSAGE], Signature)> = (0..INPUTS)
        .map(|_| {
            let mut message = [0_u8; MESSAGE];
            random.fill_bytes(&mut message);
            (message, pair.sign(&message))
        })
        .collect();
    // A judge that says yes to everything is no judge.
    if rsa_verify(&rsa.key, &[0; 32], &rsa.signed[0].1).unwrap_or(false)
        || key.verify_strict(&[0; MESSAGE], &ed[0].1).is_ok()
    {
        return Ok(ExitCode::FAILURE);
    }
    let about = format!("{}; ed25519-dalek 2 verify_strict", openssl::version::version());
    Ok(serve(&about, move |order: &Order| {
        let mut proof = Proof::default();
        let mut good = 0_u64;
        match order.what.as_str() {
            "rsa" => {
                for (digest, signature) in order.inputs(&rsa.signed) {
                    if rsa_verify(&rsa.key, digest, signature).map_err(|error| error.to_string())? {
                        good += 1;
                    }
                }
            }
            "ed" => {
                for (message, signature) in order.inputs(&ed) {
                    if key.verify_strict(message, signature).is_ok() {
                        good += 1;
                    }
                }
            }
            other => return Err(format!("no such operation: {other}")),
        }
        proof.number(good);
        Ok(Done {
            proof: proof.value(),
            ..Done::default()
        })
    }))
}

fn main() -> ExitCode {
    let seed = std::env::args().nth(1).and_then(|seed| seed.parse().ok());
    match seed.map(run) {
        Some(Ok(code)) => code,
        Some(Err(error)) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
        None => ExitCode::FAILURE,
    }
}
