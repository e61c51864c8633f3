//! Pictures: what a person puts beside a message ([`drafts`]), and what others show ([`received`]). Every picture that is
//! sent or shown is decoded and encoded again on this computer, within limits.

mod drafts;
mod received;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use kvit_domain::{
    fault::{Fault, FaultCode},
    id::{InvoiceId, MessageId, PaymentId},
    message::{NotATalk, Talk},
    picture::PictureId,
};
use kvit_images::{PictureFault, Stop};

pub use drafts::{DraftPicture, PictureSource};
pub use received::{KnownPicture, PictureBytes, PictureStanding};

/// Pictures of others that are fetched at once.
const FETCHED_AT_ONCE: usize = 2;

/// Bytes of files that are held for as long as their pictures are drafts, so that another size can be chosen.
const SOURCES: usize = 128 * 1024 * 1024;

/// Where a picture is shown. Only what is named there is fetched: who shows something cannot ask for any picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PicturePlace {
    /// In a draft or an outgoing message of the person.
    Own,
    /// In this message.
    Message(Talk, MessageId),
    /// Of this invoice.
    Invoice(InvoiceId),
    /// Of the invoice of this payment, or of what was bought with it.
    Payment(PaymentId),
}

impl fmt::Display for PicturePlace {
    /// `own`, `message/deal/41/7`, `invoice/88`, `payment/1207`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("own"),
            Self::Message(talk, message) => write!(f, "message/{talk}/{message}"),
            Self::Invoice(id) => write!(f, "invoice/{id}"),
            Self::Payment(id) => write!(f, "payment/{id}"),
        }
    }
}

/// Text that names no place of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place of pictures")]
pub struct NotAPlace;

impl From<NotATalk> for NotAPlace {
    fn from(_: NotATalk) -> Self {
        Self
    }
}

impl FromStr for PicturePlace {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        if text == "own" {
            return Ok(Self::Own);
        }
        let (kind, rest) = text.split_once('/').ok_or(NotAPlace)?;
        match kind {
            "message" => {
                let (talk, message) = rest.rsplit_once('/').ok_or(NotAPlace)?;
                Ok(Self::Message(
                    talk.parse()?,
                    message.parse().map_err(|_| NotAPlace)?,
                ))
            }
            "invoice" => rest.parse().map(Self::Invoice).map_err(|_| NotAPlace),
            "payment" => rest.parse().map(Self::Payment).map_err(|_| NotAPlace),
            _ => Err(NotAPlace),
        }
    }
}

/// Pictures that are worked on in an account.
pub(crate) struct PictureWork {
    live: Mutex<Live>,
    /// Whoever fetches one of others holds one of these.
    fetching: tokio::sync::Semaphore,
}

#[derive(Default)]
struct Live {
    /// Files whose pictures are drafts, oldest first.
    sources: Vec<(PictureId, Bytes)>,
    /// What is being prepared: where, at which place of the draft, and how to stop it.
    prepared: Vec<(Talk, u32, Stop)>,
    /// Pictures that are being fetched, each by one at a time.
    fetched: HashMap<PictureId, Arc<tokio::sync::Mutex<()>>>,
    /// Those that were not uploaded yet when they were asked for.
    awaited: HashSet<PictureId>,
}

impl PictureWork {
    pub(crate) fn new() -> Self {
        Self {
            live: Mutex::default(),
            fetching: tokio::sync::Semaphore::new(FETCHED_AT_ONCE),
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds the file of a draft, and lets go of the oldest ones beyond [`SOURCES`].
    fn keep_source(&self, id: PictureId, file: Bytes) {
        let sources = &mut self.live().sources;
        sources.push((id, file));
        let held = |sources: &[(PictureId, Bytes)]| sources.iter().map(|(_, file)| file.len()).sum::<usize>();
        while sources.len() > 1 && held(sources) > SOURCES {
            sources.remove(0);
        }
    }

    fn source(&self, id: PictureId) -> Option<Bytes> {
        let live = self.live();
        let mut sources = live.sources.iter();
        sources
            .find(|(held, _)| *held == id)
            .map(|(_, file)| file.clone())
    }

    /// Lets go of the files of pictures that are no drafts any more.
    pub(crate) fn forget_sources(&self, pictures: &[PictureId]) {
        self.live().sources.retain(|(held, _)| !pictures.contains(held));
    }

    /// The turn to fetch a picture.
    fn turn(&self, id: PictureId) -> Arc<tokio::sync::Mutex<()>> {
        let fetched = &mut self.live().fetched;
        fetched.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(fetched.entry(id).or_default())
    }
}

/// Why a file gives no picture, in the closed set's words. `None`: whoever asked for it does not want it any more.
fn fault_of(fault: PictureFault) -> Option<Fault> {
    Some(match fault {
        PictureFault::Empty | PictureFault::Truncated | PictureFault::Damaged => {
            FaultCode::PictureDamaged.into()
        }
        PictureFault::TooManyBytes { limit } | PictureFault::DoesNotFit { limit } => {
            Fault::new(FaultCode::PictureTooLarge).with("max", limit)
        }
        PictureFault::Unsupported(kind) if kind.name().is_empty() => FaultCode::PictureUnsupported.into(),
        PictureFault::Unsupported(kind) => {
            Fault::new(FaultCode::PictureUnsupported).with("kind", kind.name())
        }
        PictureFault::TooManyPixels { width, height } => Fault::new(FaultCode::PictureTooManyPixels)
            .with("width", width)
            .with("height", height),
        PictureFault::TooMuchMemory | PictureFault::TooSlow => FaultCode::PictureTooHeavy.into(),
        PictureFault::Stopped => return None,
    })
}

#[cfg(test)]
mod tests {
    use kvit_domain::id::DealId;

    use super::*;

    fn picture(id: u128) -> PictureId {
        PictureId::new(uuid::Uuid::from_u128(id))
    }

    #[test]
    fn places_have_names() {
        let buyer = "6f9619ff-8b86-d011-b42d-00cf4fc964ff".parse().unwrap();
        let message = MessageId::new(7).unwrap();
        let about = Talk::Invoice {
            invoice: InvoiceId::new(88).unwrap(),
            buyer,
        };
        for place in [
            PicturePlace::Own,
            PicturePlace::Message(Talk::Deal(DealId::new(41).unwrap()), message),
            PicturePlace::Message(about, message),
            PicturePlace::Invoice(InvoiceId::new(88).unwrap()),
            PicturePlace::Payment(PaymentId::new(1207).unwrap()),
        ] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for text in [
            "",
            "owner",
            "own/",
            "message/deal/41",
            "message/7",
            "invoice/0",
            "secret/1",
        ] {
            assert_eq!(text.parse::<PicturePlace>(), Err(NotAPlace), "{text:?}");
        }
    }

    #[test]
    fn files_are_held_within_bounds() {
        let work = PictureWork::new();
        let file = Bytes::from(vec![0; SOURCES / 2]);
        for id in 1..=3 {
            work.keep_source(picture(id), file.clone());
        }
        assert!(work.source(picture(1)).is_none(), "the oldest went");
        assert!(work.source(picture(3)).is_some());
        work.forget_sources(&[picture(3)]);
        assert!(work.source(picture(3)).is_none());
        work.keep_source(picture(4), Bytes::from(vec![0; SOURCES + 1]));
        assert!(
            work.source(picture(4)).is_some(),
            "the last one is held in any case"
        );
    }
}
