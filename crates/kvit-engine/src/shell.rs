//! What the engine needs from whatever surrounds it: a window, or a test.

use std::{future::Future, path::Path, pin::Pin};

use kvit_domain::{
    Timestamp,
    fault::Fault,
    id::{DealId, PaymentId},
    message::Talk,
    news::News,
    picture::PictureId,
};
use secrecy::SecretString;

use crate::operation::OperationId;

/// The surroundings.
pub trait Shell: Send + Sync + 'static {
    /// Something changed: whoever shows it reads it again. Called often; the shell may gather.
    fn changed(&self, topics: &[Topic]);

    /// The time now.
    fn now(&self) -> Timestamp;

    /// Something happened that a person wants to be told of. Called once for each news; the list of news is on the
    /// screen whatever comes of it.
    fn tell(&self, news: &News);
}

/// What can change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Accounts, connection, money, settings.
    App,
    /// The list of payments.
    Payments,
    /// One payment.
    Payment(PaymentId),
    /// The list of deals.
    Deals,
    /// One deal.
    Deal(DealId),
    /// An operation.
    Operation(OperationId),
    /// The list of operations.
    Operations,
    /// The archive of receipts.
    Receipts,
    /// The news.
    News,
    /// Rates, and with them prices.
    Rates,
    /// The list of talks.
    Talks,
    /// One talk: its messages, those on their way among them, or what it is about.
    Talk(Talk),
    /// A picture came, or is known not to be one.
    Picture(PictureId),
}

/// The practice marketplace, as the shell can open it.
pub trait Practice: Send + Sync + 'static {
    /// Opens (or finds open) the practice marketplace that keeps its world in `folder`.
    fn open<'a>(
        &'a self,
        folder: &'a Path,
    ) -> Pin<Box<dyn Future<Output = Result<PracticeDoor, Fault>> + Send + 'a>>;

    /// Closes it, if it is open: its folder is about to be removed.
    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// How to get into the practice marketplace. Told by the marketplace itself in this process, not over a network.
pub struct PracticeDoor {
    /// Address to connect to.
    pub address: String,
    /// SHA-256 of its certificate, lower-case hex.
    pub certificate_sha256: String,
    /// Token of the local user.
    pub token: SecretString,
    /// Its signing key, armored.
    pub public_key: String,
}
