//! A look at the certificate of a server, before anybody trusts it.

use std::sync::Arc;

use kvit_domain::fault::{Fault, FaultCode};
use rustls::pki_types::UnixTime;

use crate::{
    dial::Dialer,
    target::{CertificatePin, Target},
    tls::{self, Trust},
};

/// What a server showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresentedCertificate {
    /// SHA-256 of the certificate's DER: what a person compares and pins.
    pub sha256: CertificatePin,
    /// Would the system vouch for it, for this host, now?
    pub trusted_by_system: bool,
}

/// Shakes hands with the server and hangs up. Nothing is sent: no token, no request. The target's own pin is not
/// looked at. Faults are those of connecting, without those of certificates.
pub async fn probe(target: &Target) -> Result<PresentedCertificate, Fault> {
    let dialer = Dialer::new(target, tls::config(Trust::LookOnly)?)?;
    let stream = dialer.dial().await.map_err(|error| {
        tracing::debug!(%error, "probe");
        error.fault
    })?;
    let (_, session) = stream.get_ref();
    let Some((certificate, chain)) = session.peer_certificates().and_then(<[_]>::split_first) else {
        return Err(Fault::new(FaultCode::NotAMarketplace));
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trusted_by_system = tls::system(provider).is_ok_and(|verifier| {
        verifier
            .verify_server_cert(certificate, chain, dialer.server(), &[], UnixTime::now())
            .is_ok()
    });
    Ok(PresentedCertificate {
        sha256: CertificatePin::of(certificate),
        trusted_by_system,
    })
}
