//! One connection to a marketplace: TLS with the system's judgement or a pinned certificate, SOCKS5 with names
//! resolved by the proxy, the bearer token, deadlines, and streams that heal themselves.
//!
//! Takes and returns domain types; what goes wrong is a [`kvit_domain::fault::Fault`] of the closed set. Numbers of
//! sections refer to the marketplace reference.
//!
//! What a fault says about a call that moves money: [`kvit_domain::fault::Fault::may_hide_success`]. No such call
//! is ever repeated here. Calls that only read are repeated once, when the connection broke under them.

mod backoff;
mod dial;
mod marketplace;
mod probe;
mod refusal;
mod status;
mod stream;
mod target;
mod tls;

#[cfg(test)]
mod tests;

pub use marketplace::{Limits, Marketplace, payments::PaymentsFilter};
pub use probe::{PresentedCertificate, probe};
pub use stream::{EventStreamItem, StreamItem, Updates};
pub use target::{Address, CertificatePin, ProxyAddress, Target};
