//! Conversations and the chats of deals: lists, lines, pictures.

use std::collections::HashMap;

use kvit_domain::{
    Timestamp,
    fault::{Fault as DomainFault, FaultCode as Code},
    id::{MessageId, UserId},
    message::{Message, Talk as DomainTalk},
    picture::{PICTURES_OF_A_MESSAGE, PictureId},
};
use kvit_engine as engine;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    deal::DealSummary,
    fault::Fault,
    invoice::InvoiceCard,
    payment::PaymentRow,
    person::{PersonCard, time},
};

/// Lines asked for at once, at most.
const MOST_LINES: u32 = 200;

/// What of the list is wanted.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TalksQuery {
    /// Name, words of the invoice, or words of a message; empty: all.
    pub text: String,
    /// Only those with this person.
    pub person: Option<String>,
    /// Only those with something unread.
    pub unread_only: bool,
    /// The chats of deals too.
    pub deals: bool,
    /// First row of the window.
    pub from: u32,
    /// So many rows, at most 100.
    pub count: u32,
}

/// A window of the list, newest words first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TalksPage {
    /// The rows.
    pub rows: Vec<TalkRow>,
    /// Place of the first of them.
    pub from: u32,
    /// Rows of the whole list.
    pub total: u32,
    /// When everything was read through last.
    pub as_of: Option<String>,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TalkRow {
    /// Where it is: `invoice/88/<buyer>`, `payment/1207`, `deal/41`.
    pub id: String,
    /// About what.
    pub kind: TalkKind,
    /// The other side.
    pub with: PersonCard,
    /// The words of its invoice. A stranger's text.
    pub subject: String,
    /// Number of the invoice, payment or deal.
    pub number: String,
    /// The last words.
    pub last: Option<LastWords>,
    /// Messages that the person has not read.
    pub unread: u32,
    /// Something of the person's was not sent.
    pub failed: bool,
    /// Something of the person's is on its way.
    pub waiting: bool,
}

/// About what people talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum TalkKind {
    /// An invoice, before a purchase.
    Invoice,
    /// A payment.
    Payment,
    /// A deal.
    Deal,
}

/// The last words of a talk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LastWords {
    /// Whose.
    pub author: Author,
    /// The words, cut. A stranger's text.
    pub text: String,
    /// How many pictures.
    pub pictures: u32,
    /// When.
    pub at: String,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Author {
    /// The person.
    Me,
    /// The counterparty.
    Them,
    /// The arbiter.
    Arbiter,
}

/// A talk with its newest lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TalkDetail {
    /// What the list shows.
    pub row: TalkRow,
    /// The newest lines.
    pub lines: TalkLines,
    /// The invoice it is about.
    pub invoice: Option<InvoiceCard>,
    /// The payment it is about.
    pub payment: Option<PaymentRow>,
    /// The deal it is about.
    pub deal: Option<DealSummary>,
    /// What the person is in it.
    pub i_am: Side,
    /// Somebody has written.
    pub begun: bool,
    /// Messages can be sent.
    pub can_write: bool,
    /// Why not.
    pub why_not: Option<Fault>,
    /// It can be deleted from the list.
    pub can_delete: bool,
    /// The last message that was read.
    pub read_to: Option<String>,
    /// When it was read at the marketplace.
    pub as_of: Option<String>,
}

/// What the person is in a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// Buys.
    Buyer,
    /// Sells.
    Seller,
    /// A side of a deal.
    Trader,
}

/// Which lines are wanted.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TalkEdge {
    /// The newest.
    Last,
    /// Those before this one.
    Before {
        /// Message.
        line: String,
    },
    /// Those after this one.
    After {
        /// Message.
        line: String,
    },
    /// Those around this one.
    Around {
        /// Message.
        line: String,
    },
}

/// Lines, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TalkLines {
    /// The lines.
    pub lines: Vec<TalkLine>,
    /// There are older ones.
    pub earlier: bool,
    /// There are newer ones.
    pub later: bool,
    /// Lines of the whole talk.
    pub total: u32,
}

/// A message, on either side of being sent. A stranger's text, unless it is the person's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TalkLine {
    /// Number of the message; of one that is not sent, its own here.
    pub id: String,
    /// Who wrote it.
    pub author: Author,
    /// Words.
    pub text: String,
    /// Pictures.
    pub pictures: Vec<PictureCard>,
    /// When.
    pub created: String,
    /// Where it stands.
    pub state: LineState,
    /// Why it was not sent.
    pub fault: Option<Fault>,
    /// How far its pictures are.
    pub progress: Option<Progress>,
    /// The marketplace's front proxy delivered it again so many times.
    pub repeats: u32,
    /// The marketplace told it differently before.
    pub former: Vec<FormerText>,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum LineState {
    /// Somebody else's.
    Received,
    /// Sent.
    Sent,
    /// Waits for a connection or its turn.
    Waiting,
    /// Its pictures are being uploaded.
    Uploading,
    /// On its way.
    Sending,
    /// No answer: being found out. It is not sent twice.
    Checking,
    /// Not sent.
    Failed,
}

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// So much is done.
    pub done: u32,
    /// Of so much.
    pub of: u32,
}

/// A message as it was told before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FormerText {
    /// Words.
    pub text: String,
    /// How many pictures.
    pub pictures: u32,
}

/// A picture of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PictureCard {
    /// Its address: what it belongs to, by which it may be shown, and its number.
    pub id: String,
    /// The person's own.
    pub mine: bool,
    /// How it stands.
    pub state: PictureState,
    /// Width; 0: not known yet.
    pub width: u32,
    /// Height; 0: not known yet.
    pub height: u32,
    /// Length in bytes; 0: not known yet.
    pub bytes: String,
}

/// How a picture stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PictureState {
    /// It can be shown; what is not kept is fetched then.
    Here,
    /// Its maker has not uploaded it yet; it is asked for again by itself.
    NotUploaded,
    /// Cannot be opened safely.
    Damaged,
    /// Not kept, and there is no connection.
    Away,
}

/// The pictures of a message that is being written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DraftPictures {
    /// In order.
    pub pictures: Vec<DraftPicture>,
    /// Files that could not be taken.
    pub failed: Vec<FailedPicture>,
    /// Most that a message may have.
    pub max: u32,
}

/// A picture of a message that is being written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DraftPicture {
    /// Its address.
    pub id: String,
    /// Name of the file, never sent.
    pub name: String,
    /// Width as it will be sent.
    pub width: u32,
    /// Height as it will be sent.
    pub height: u32,
    /// Length as it will be sent, bytes.
    pub bytes: String,
    /// Not made smaller.
    pub full_size: bool,
    /// Whether it is made smaller can still be chosen.
    pub can_change_size: bool,
}

/// A file that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FailedPicture {
    /// Name of the file.
    pub name: String,
    /// Why.
    pub fault: Fault,
}

/// What a talk is to be about.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TalkSubject {
    /// An invoice, as its buyer.
    Invoice {
        /// Number.
        id: String,
    },
    /// An invoice of the person's, with one who would buy.
    Buyer {
        /// Number of the invoice.
        invoice: String,
        /// User id.
        buyer: String,
    },
    /// A payment.
    Payment {
        /// Number.
        id: String,
    },
    /// A deal.
    Deal {
        /// Number.
        id: String,
    },
}

/// What is known of the pictures of some lines.
#[derive(Debug)]
pub struct KnownPictures {
    /// Those that were asked for once.
    pub pictures: HashMap<PictureId, engine::KnownPicture>,
    /// The others can be asked for now.
    pub connected: bool,
}

/// The address of a picture for screens: what it belongs to, and its number. Without the former it is not shown.
pub fn picture_address(place: engine::PicturePlace, id: PictureId) -> String {
    format!("{place}/{id}")
}

/// What an address names.
///
/// # Errors
/// `PictureNotFound`: nothing.
pub fn picture_at(address: &str) -> Result<(engine::PicturePlace, PictureId), DomainFault> {
    let not_found = || DomainFault::new(Code::PictureNotFound);
    let (place, id) = address.rsplit_once('/').ok_or_else(not_found)?;
    Ok((
        place.parse().map_err(|_| not_found())?,
        id.parse().map_err(|_| not_found())?,
    ))
}

impl TalksQuery {
    /// For the engine.
    ///
    /// # Errors
    /// `UserNotFound`: not a user id.
    pub fn parse(&self) -> Result<engine::TalksQuery, DomainFault> {
        let person = match &self.person {
            Some(id) => Some(id.parse::<UserId>().map_err(|_| Code::UserNotFound)?),
            None => None,
        };
        Ok(engine::TalksQuery {
            text: self.text.clone(),
            person,
            unread_only: self.unread_only,
            deals: self.deals,
        })
    }
}

impl TalksPage {
    /// A window as the engine gives it.
    pub fn new(page: &engine::TalksPage, from: u32, read: Option<Timestamp>) -> Self {
        Self {
            rows: page
                .rows
                .iter()
                .map(|listed| TalkRow::listed(listed, page.me))
                .collect(),
            from,
            total: page.total,
            as_of: read.map(time),
        }
    }
}

impl TalkRow {
    fn listed(listed: &engine::ListedTalk, me: Option<UserId>) -> Self {
        Self {
            id: listed.talk.to_string(),
            kind: listed.talk.into(),
            with: (&listed.with).into(),
            subject: listed.subject.clone(),
            number: number(listed.talk),
            last: listed.last.as_ref().map(|last| LastWords {
                author: author(last.author, me),
                text: last.text.clone(),
                pictures: last.pictures,
                at: time(last.at),
            }),
            unread: listed.unread,
            failed: listed.failed > 0,
            waiting: listed.on_their_way > 0,
        }
    }

    fn seen(seen: &engine::SeenTalk, lines: &TalkLines) -> Self {
        let last = lines
            .lines
            .iter()
            .rfind(|line| matches!(line.state, LineState::Received | LineState::Sent));
        let has = |wanted: fn(LineState) -> bool| lines.lines.iter().any(|line| wanted(line.state));
        Self {
            id: seen.talk.to_string(),
            kind: seen.talk.into(),
            with: (&seen.with).into(),
            subject: seen.subject.clone(),
            number: number(seen.talk),
            last: last.map(|line| LastWords {
                author: line.author,
                text: line.text.clone(),
                pictures: u32::try_from(line.pictures.len()).unwrap_or(u32::MAX),
                at: line.created.clone(),
            }),
            unread: seen.unread,
            failed: has(|state| state == LineState::Failed),
            waiting: has(LineState::is_on_its_way),
        }
    }
}

impl LineState {
    fn is_on_its_way(self) -> bool {
        matches!(
            self,
            Self::Waiting | Self::Uploading | Self::Sending | Self::Checking
        )
    }
}

impl From<DomainTalk> for TalkKind {
    fn from(talk: DomainTalk) -> Self {
        match talk {
            DomainTalk::Invoice { .. } => Self::Invoice,
            DomainTalk::Payment(_) => Self::Payment,
            DomainTalk::Deal(_) => Self::Deal,
        }
    }
}

fn number(talk: DomainTalk) -> String {
    match talk {
        DomainTalk::Invoice { invoice, .. } => invoice.to_string(),
        DomainTalk::Payment(payment) => payment.to_string(),
        DomainTalk::Deal(deal) => deal.to_string(),
    }
}

fn author(author: Option<UserId>, me: Option<UserId>) -> Author {
    match author {
        None => Author::Arbiter,
        author if author == me => Author::Me,
        Some(_) => Author::Them,
    }
}

impl TalkDetail {
    /// A talk as this person sees it now. `payment` is the payment it is about, as its own screen has it.
    pub fn new(
        seen: &engine::SeenTalk,
        lines: TalkLines,
        payment: Option<&engine::SeenPayment>,
        now: Timestamp,
    ) -> Self {
        use engine::Beside;
        let i_am = match &seen.beside {
            Some(Beside::Deal(_)) => Side::Trader,
            Some(Beside::Invoice(invoice)) if invoice.is_owned_by(seen.me) => Side::Seller,
            Some(Beside::Payment(payment)) if payment.invoice.is_owned_by(seen.me) => Side::Seller,
            Some(Beside::Invoice(_) | Beside::Payment(_)) => Side::Buyer,
            // Nothing is left of what it was about: its name tells who would have bought.
            None => match seen.talk {
                DomainTalk::Deal(_) => Side::Trader,
                DomainTalk::Invoice { buyer, .. } if buyer != seen.me => Side::Seller,
                DomainTalk::Invoice { .. } | DomainTalk::Payment(_) => Side::Buyer,
            },
        };
        Self {
            row: TalkRow::seen(seen, &lines),
            lines,
            invoice: match &seen.beside {
                Some(Beside::Invoice(invoice)) => {
                    Some(InvoiceCard::new(invoice, invoice.is_owned_by(seen.me), None, now))
                }
                Some(Beside::Payment(_) | Beside::Deal(_)) | None => None,
            },
            payment: payment.map(PaymentRow::from),
            deal: match &seen.beside {
                Some(Beside::Deal(deal)) => Some(DealSummary::new(deal, seen.me)),
                Some(Beside::Invoice(_) | Beside::Payment(_)) | None => None,
            },
            i_am,
            begun: seen.begun,
            can_write: seen.closed.is_none(),
            why_not: seen.closed.map(|code| DomainFault::new(code).into()),
            can_delete: seen.begun && !seen.hidden,
            read_to: seen.read_to.map(|id| id.to_string()),
            as_of: seen.read.map(time),
        }
    }
}

impl TalkEdge {
    /// For the engine.
    ///
    /// # Errors
    /// `MessageNotFound`: not the number of a message.
    pub fn parse(&self) -> Result<engine::LinesPage, DomainFault> {
        let number = |line: &str| line.parse::<MessageId>().map_err(|_| Code::MessageNotFound);
        Ok(match self {
            Self::Last => engine::LinesPage::Last,
            Self::Before { line } => engine::LinesPage::Before(number(line)?),
            Self::After { line } => engine::LinesPage::After(number(line)?),
            Self::Around { line } => engine::LinesPage::Around(number(line)?),
        })
    }
}

/// So many lines are given for so many asked for.
pub fn lines_within(count: u32) -> u32 {
    count.clamp(1, MOST_LINES)
}

impl TalkLines {
    /// Lines as the engine gives them; `known` is what is known of their pictures, `progress` how far those are that are
    /// being uploaded.
    pub fn new(
        talk: DomainTalk,
        lines: &engine::TalkLines,
        known: &KnownPictures,
        progress: impl Fn(engine::OutgoingId) -> Option<engine::UploadProgress>,
    ) -> Self {
        Self {
            lines: lines
                .lines
                .iter()
                .map(|line| match line {
                    engine::TalkLine::Message {
                        message,
                        mine,
                        former,
                        repeats,
                        ..
                    } => TalkLine::message(talk, message, *mine, former, *repeats, known),
                    engine::TalkLine::Outgoing(outgoing) => {
                        TalkLine::outgoing(outgoing, known, progress(outgoing.id))
                    }
                })
                .collect(),
            earlier: lines.earlier,
            later: lines.later,
            total: u32::try_from(lines.total).unwrap_or(u32::MAX),
        }
    }
}

impl TalkLine {
    fn message(
        talk: DomainTalk,
        message: &Message,
        mine: bool,
        former: &[Message],
        repeats: u32,
        known: &KnownPictures,
    ) -> Self {
        let place = engine::PicturePlace::Message(talk, message.id);
        Self {
            id: message.id.to_string(),
            author: match message.author {
                _ if mine => Author::Me,
                None => Author::Arbiter,
                Some(_) => Author::Them,
            },
            text: message.text.clone(),
            pictures: message
                .pictures
                .iter()
                .map(|id| PictureCard::new(*id, place, mine, known))
                .collect(),
            created: time(message.created),
            state: if mine {
                LineState::Sent
            } else {
                LineState::Received
            },
            fault: None,
            progress: None,
            repeats,
            former: former
                .iter()
                .map(|former| FormerText {
                    text: former.text.clone(),
                    pictures: u32::try_from(former.pictures.len()).unwrap_or(u32::MAX),
                })
                .collect(),
        }
    }

    fn outgoing(
        outgoing: &engine::Outgoing,
        known: &KnownPictures,
        progress: Option<engine::UploadProgress>,
    ) -> Self {
        use engine::OutgoingState as State;
        let place = engine::PicturePlace::Own;
        let (state, fault) = match &outgoing.state {
            State::Waiting => (LineState::Waiting, None),
            State::Uploading => (LineState::Uploading, None),
            State::Sending => (LineState::Sending, None),
            State::Checking { .. } => (LineState::Checking, None),
            State::Sent(_) => (LineState::Sent, None),
            State::Failed(fault) => (LineState::Failed, Some(fault.clone().into())),
        };
        Self {
            id: outgoing.id.to_string(),
            author: Author::Me,
            text: outgoing.text.clone(),
            pictures: outgoing
                .pictures
                .iter()
                .map(|id| PictureCard::new(*id, place, true, known))
                .collect(),
            created: time(outgoing.made),
            state,
            fault,
            progress: progress
                .filter(|_| state == LineState::Uploading)
                .map(|progress| Progress {
                    done: hundredths(progress.bytes, progress.all_bytes),
                    of: 100,
                }),
            repeats: 0,
            former: Vec::new(),
        }
    }
}

/// How many hundredths of the whole a part is, rounded down.
fn hundredths(part: u64, whole: u64) -> u32 {
    let hundredths = part.saturating_mul(100).checked_div(whole).unwrap_or_default();
    u32::try_from(hundredths.min(100)).unwrap_or(100)
}

impl PictureCard {
    fn new(id: PictureId, place: engine::PicturePlace, mine: bool, known: &KnownPictures) -> Self {
        let picture = known.pictures.get(&id);
        Self {
            id: picture_address(place, id),
            mine,
            state: match picture.map(|picture| picture.standing) {
                Some(engine::PictureStanding::Here) => PictureState::Here,
                Some(engine::PictureStanding::NotUploaded) => PictureState::NotUploaded,
                Some(engine::PictureStanding::Damaged) => PictureState::Damaged,
                None if known.connected => PictureState::Here,
                None => PictureState::Away,
            },
            width: picture.map_or(0, |picture| picture.width),
            height: picture.map_or(0, |picture| picture.height),
            bytes: picture.map_or(0, |picture| picture.length).to_string(),
        }
    }
}

impl DraftPictures {
    /// The pictures of a draft, and the files that could not be taken now.
    pub fn new(pictures: &[engine::DraftPicture], failed: Vec<(String, DomainFault)>) -> Self {
        Self {
            pictures: pictures.iter().map(DraftPicture::from).collect(),
            failed: failed
                .into_iter()
                .map(|(name, fault)| FailedPicture {
                    name,
                    fault: fault.into(),
                })
                .collect(),
            max: u32::try_from(PICTURES_OF_A_MESSAGE).unwrap_or(u32::MAX),
        }
    }
}

impl From<&engine::DraftPicture> for DraftPicture {
    fn from(picture: &engine::DraftPicture) -> Self {
        Self {
            id: picture_address(engine::PicturePlace::Own, picture.id),
            name: picture.name.clone(),
            width: picture.width,
            height: picture.height,
            bytes: picture.length.to_string(),
            full_size: picture.full_size,
            can_change_size: picture.can_resize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_back_to_its_picture() {
        let id: PictureId = "6f9619ff-8b86-d011-b42d-00cf4fc964ff".parse().unwrap();
        for place in ["own", "message/deal/41/7", "invoice/88", "payment/1207"] {
            let place: engine::PicturePlace = place.parse().unwrap();
            assert_eq!(picture_at(&picture_address(place, id)), Ok((place, id)));
        }
        for address in [
            "",
            "own",
            "own/",
            "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
            "own/../etc/passwd",
        ] {
            assert!(picture_at(address).is_err(), "{address:?}");
        }
    }
}
