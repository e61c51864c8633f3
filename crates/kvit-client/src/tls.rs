//! TLS: the system's judgement of a certificate, or one pinned certificate; nothing else.

use std::{io, sync::Arc};

use kvit_domain::fault::{Fault, FaultCode};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use crate::target::CertificatePin;

/// The one protocol of the contract's transport.
const HTTP2: &[u8] = b"h2";

/// Which certificates are believed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trust {
    /// Those the system vouches for.
    System,
    /// This one.
    Pinned(CertificatePin),
    /// Any, to look at it; nothing may be sent to a server known so little.
    LookOnly,
}

/// The configuration of connections that trust so. [`FaultCode::CertificateUntrusted`] with value `reason` = `roots`
/// when the system has no roots at all.
pub(crate) fn config(trust: Trust) -> Result<Arc<ClientConfig>, Fault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::System => system(Arc::clone(&provider))?,
        Trust::Pinned(pin) => Arc::new(Exactly {
            pin: Some(pin),
            provider: Arc::clone(&provider),
        }),
        Trust::LookOnly => Arc::new(Exactly {
            pin: None,
            provider: Arc::clone(&provider),
        }),
    };
    with_verifier(verifier, provider)
}

/// The system's verifier.
pub(crate) fn system(provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Fault> {
    match rustls_platform_verifier::Verifier::new(provider) {
        Ok(verifier) => Ok(Arc::new(verifier)),
        Err(error) => {
            tracing::warn!(%error, "the system offers no certificate roots");
            Err(Fault::new(FaultCode::CertificateUntrusted).with("reason", "roots"))
        }
    }
}

/// The configuration with a verifier.
pub(crate) fn with_verifier(
    verifier: Arc<dyn ServerCertVerifier>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<ClientConfig>, Fault> {
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            tracing::error!(%error, "no protocol version of TLS is usable");
            Fault::new(FaultCode::Internal)
        })?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![HTTP2.to_vec()];
    Ok(Arc::new(config))
}

/// Did the server agree to HTTP/2? Without agreement it is no server of the contract (section 2.1).
pub(crate) fn speaks_http2(alpn: Option<&[u8]>) -> bool {
    alpn == Some(HTTP2)
}

/// Believes one certificate, byte for byte, or any. Either way the server proves that it holds the key.
#[derive(Debug)]
struct Exactly {
    pin: Option<CertificatePin>,
    provider: Arc<CryptoProvider>,
}

/// Another certificate than the pinned one.
#[derive(Debug, thiserror::Error)]
#[error("the certificate is {0}, not the pinned one")]
struct PinMismatch(CertificatePin);

impl ServerCertVerifier for Exactly {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let presented = CertificatePin::of(end_entity);
        if self.pin.is_some_and(|pin| pin != presented) {
            let mismatch = OtherError(Arc::new(PinMismatch(presented)));
            return Err(Error::InvalidCertificate(CertificateError::Other(mismatch)));
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// What a failed handshake means. Nothing but the handshake was sent.
pub(crate) fn handshake_fault(error: &io::Error) -> Fault {
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return Fault::new(FaultCode::Unreachable);
    };
    match error {
        Error::InvalidCertificate(error) => certificate_fault(error),
        Error::NoCertificatesPresented => Fault::new(FaultCode::CertificateUntrusted).with("reason", "other"),
        // It answered, but not in TLS, or would not agree on a version, a cipher or HTTP/2.
        Error::InvalidMessage(_)
        | Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. }
        | Error::PeerIncompatible(_)
        | Error::PeerMisbehaved(_)
        | Error::AlertReceived(_)
        | Error::NoApplicationProtocol => Fault::new(FaultCode::NotAMarketplace),
        _ => Fault::new(FaultCode::Unreachable),
    }
}

/// Why a certificate is not believed; value `reason` is `date`, `host`, `issuer`, `revoked` or `other`.
fn certificate_fault(error: &CertificateError) -> Fault {
    use CertificateError::*;
    let reason = match error {
        Other(OtherError(inner)) if inner.is::<PinMismatch>() => {
            return Fault::new(FaultCode::CertificateChanged);
        }
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => "date",
        NotValidForName | NotValidForNameContext { .. } => "host",
        UnknownIssuer => "issuer",
        Revoked => "revoked",
        _ => "other",
    };
    Fault::new(FaultCode::CertificateUntrusted).with("reason", reason)
}
