//! What a person does in talks: writes, puts pictures beside it, sends it off, looks whether it arrived.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Result, anyhow};
use kvit_domain::fault::{Fault, FaultCode};
use kvit_domain::id::{DealId, InvoiceId, PaymentId};
use kvit_domain::message::Talk;
use kvit_engine::account::AccountId;
use kvit_engine::{
    Engine, LinesPage, Outgoing, OutgoingId, OutgoingState, PicturePlace, PictureSize, PictureSource, Shell,
    TalkLine,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::talk::say;

/// What the engine's process is told about talks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Order {
    /// The name of the talk about something. Answered by [`Word::Talk`].
    Talk {
        /// About what.
        about: About,
    },
    /// Write this in a talk, put so many pictures beside it, and send it off. Answered by [`Word::Composed`],
    /// [`Word::Posted`] and [`Word::Settled`], or by [`Word::Turned`]. Orders for one talk are carried out in their order.
    Send {
        /// Number of the asking.
        ask: u64,
        /// The talk's name.
        talk: String,
        /// Words.
        text: String,
        /// Pictures.
        pictures: u32,
    },
    /// Send off what is written in a talk already. Answered as [`Order::Send`].
    Post {
        /// Number of the asking.
        ask: u64,
        /// The talk's name.
        talk: String,
        /// Words.
        text: String,
    },
    /// What has become of an asking that nothing is known of. Answered by [`Word::Seen`].
    Look {
        /// Number of the asking.
        ask: u64,
        /// The talk's name.
        talk: String,
        /// Its words.
        text: String,
    },
    /// Send one that failed once more. Answered by [`Word::Settled`] or [`Word::Turned`].
    Retry {
        /// Number of the asking.
        ask: u64,
        /// Number of the outgoing message.
        id: OutgoingId,
    },
    /// Forget one that failed. Answered by [`Word::Deleted`] or [`Word::Turned`].
    Delete {
        /// Number of the asking.
        ask: u64,
        /// Number of the outgoing message.
        id: OutgoingId,
    },
    /// Read a talk anew, and say all there is in it. Answered by [`Word::Lines`].
    Lines {
        /// The talk's name.
        talk: String,
    },
}

/// What a talk is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// An invoice, before a purchase.
    Invoice(u64),
    /// A payment.
    Payment(u64),
    /// A deal.
    Deal(u64),
}

/// What it says about talks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Word {
    /// The name of a talk.
    Talk {
        /// It.
        talk: String,
    },
    /// Words and pictures are a draft, on the disk.
    Composed {
        /// Number of the asking.
        ask: u64,
        /// The pictures, as they will be uploaded.
        pictures: Vec<Picture>,
    },
    /// It is an outgoing message, on the disk.
    Posted {
        /// Number of the asking.
        ask: u64,
        /// Its number.
        id: OutgoingId,
    },
    /// The person was told that it arrived, or that it did not.
    Settled {
        /// Number of the asking.
        ask: u64,
        /// Which.
        end: Fate,
    },
    /// The button did nothing.
    Turned {
        /// Number of the asking.
        ask: u64,
        /// Why.
        code: String,
    },
    /// What was found of an asking.
    Seen {
        /// Number of the asking.
        ask: u64,
        /// What.
        seen: Seen,
    },
    /// It is forgotten.
    Deleted {
        /// Number of the asking.
        ask: u64,
    },
    /// All there is in a talk.
    Lines {
        /// The talk's name.
        talk: String,
        /// Its lines, in order.
        lines: Vec<Line>,
        /// What is written and not sent.
        draft: String,
        /// The pictures beside that.
        pictures: Vec<String>,
        /// Why it could not be read anew.
        stale: Option<String>,
    },
}

/// A picture as it is uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// GUID, as printed.
    pub id: String,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

/// How a message ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It arrived, under this number.
    Sent(u64),
    /// It did not.
    Failed(String),
}

/// What has become of an asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// It is an outgoing message; what becomes of it is said as of a new one.
    Outgoing(OutgoingId),
    /// It is a message.
    Message(u64),
    /// It is a draft, with these pictures.
    Draft(Vec<String>),
    /// There is no trace of it.
    Nothing,
}

/// A line of a talk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Words.
    pub text: String,
    /// GUIDs of its pictures.
    pub pictures: Vec<String>,
    /// The person wrote it.
    pub mine: bool,
    /// How it stands.
    pub state: Standing,
    /// It arrived so many times more.
    pub repeats: u32,
}

/// How a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A message, of this number.
    Message(u64),
    /// On its way.
    Open,
    /// Failed.
    Failed,
}

/// How often it is looked whether a message is settled.
const WATCHED_EVERY: Duration = Duration::from_millis(10);
/// Lines read at once.
const PAGE: u32 = 200;
/// So often reading a talk anew is tried.
const READS: u32 = 40;

type Told<T> = std::result::Result<T, Fault>;

/// Something to be done in a talk, after what was ordered there before.
enum Job {
    Send { ask: u64, text: String, pictures: u32 },
    Post { ask: u64, text: String },
}

/// Carries out what is ordered.
pub(super) struct Desk<S: Shell> {
    hand: Hand<S>,
    queues: HashMap<Talk, mpsc::UnboundedSender<Job>>,
}

/// What every task of a desk has.
struct Hand<S: Shell> {
    engine: Engine<S>,
    account: AccountId,
}

impl<S: Shell> Clone for Hand<S> {
    fn clone(&self) -> Self {
        Self {
            engine: self.engine.clone(),
            account: self.account,
        }
    }
}

fn tell(word: Word) {
    say(&super::Word::Talks { word });
}

fn turned(ask: u64, fault: &Fault) {
    let code = fault.code.name().to_owned();
    tell(Word::Turned { ask, code });
}

impl<S: Shell> Desk<S> {
    pub(super) fn new(engine: Engine<S>, account: AccountId) -> Self {
        Self {
            hand: Hand { engine, account },
            queues: HashMap::new(),
        }
    }

    /// Begins what is ordered; the answers come when they come.
    ///
    /// # Errors
    /// The order names no talk.
    pub(super) fn obey(&mut self, order: Order) -> Result<()> {
        let named = |talk: &str| talk.parse::<Talk>().map_err(|error| anyhow!("{talk}: {error}"));
        match order {
            Order::Talk { about } => {
                let hand = self.hand.clone();
                tokio::spawn(async move {
                    let talk = match hand.talk_about(about).await {
                        Ok(talk) => talk.to_string(),
                        Err(fault) => return say(&failed(&fault)),
                    };
                    tell(Word::Talk { talk });
                });
            }
            Order::Send {
                ask,
                talk,
                text,
                pictures,
            } => self.queue(named(&talk)?, Job::Send { ask, text, pictures }),
            Order::Post { ask, talk, text } => self.queue(named(&talk)?, Job::Post { ask, text }),
            Order::Look { ask, talk, text } => {
                let (talk, hand) = (named(&talk)?, self.hand.clone());
                tokio::spawn(async move {
                    match hand.look(ask, talk, &text).await {
                        Ok(seen) => tell(Word::Seen { ask, seen }),
                        Err(fault) => say(&failed(&fault)),
                    }
                });
            }
            Order::Retry { ask, id } => match self.hand.engine.retry_message(self.hand.account, id) {
                Ok(_) => self.hand.watch(ask, id),
                Err(fault) => turned(ask, &fault),
            },
            Order::Delete { ask, id } => match self.hand.engine.delete_message(self.hand.account, id) {
                Ok(()) => tell(Word::Deleted { ask }),
                Err(fault) => turned(ask, &fault),
            },
            Order::Lines { talk } => {
                let (talk, hand) = (named(&talk)?, self.hand.clone());
                tokio::spawn(async move {
                    match hand.all_of(talk).await {
                        Ok(word) => tell(word),
                        Err(fault) => say(&failed(&fault)),
                    }
                });
            }
        }
        Ok(())
    }

    fn queue(&mut self, talk: Talk, job: Job) {
        let hand = &self.hand;
        let queue = self.queues.entry(talk).or_insert_with(|| {
            let (queue, mut jobs) = mpsc::unbounded_channel();
            let hand = hand.clone();
            tokio::spawn(async move {
                while let Some(job) = jobs.recv().await {
                    let hand = hand.clone();
                    let (Job::Send { ask, .. } | Job::Post { ask, .. }) = job;
                    // As the app does: a panic is no answer.
                    if tokio::spawn(async move { hand.carry_out(talk, job).await })
                        .await
                        .is_err()
                    {
                        let code = "panicked".to_owned();
                        tell(Word::Turned { ask, code });
                    }
                }
            });
            queue
        });
        // It goes away only with the process.
        let _ = queue.send(job);
    }
}

fn failed(fault: &Fault) -> super::Word {
    super::Word::Failed {
        why: format!("talks: {fault}"),
    }
}

impl<S: Shell> Hand<S> {
    async fn talk_about(&self, about: About) -> Told<Talk> {
        let wrong = || Fault::new(FaultCode::Internal);
        Ok(match about {
            About::Invoice(number) => {
                let invoice = InvoiceId::new(number).ok_or_else(wrong)?;
                self.engine.talk_about_invoice(invoice, None).await?
            }
            About::Payment(number) => {
                let payment = PaymentId::new(number).ok_or_else(wrong)?;
                self.engine.talk_about_payment(payment).await?
            }
            About::Deal(number) => Talk::Deal(DealId::new(number).ok_or_else(wrong)?),
        })
    }

    async fn carry_out(&self, talk: Talk, job: Job) {
        let (ask, text) = match job {
            Job::Send { ask, text, pictures } => match self.compose(ask, talk, &text, pictures).await {
                Ok(pictures) => {
                    tell(Word::Composed { ask, pictures });
                    (ask, text)
                }
                Err(fault) => return turned(ask, &fault),
            },
            Job::Post { ask, text } => (ask, text),
        };
        match self.engine.send_message(self.account, talk, &text).await {
            Ok(outgoing) => {
                let id = outgoing.id;
                tell(Word::Posted { ask, id });
                self.watch(ask, id);
            }
            Err(fault) => turned(ask, &fault),
        }
    }

    /// Writes it, and puts pictures beside it. What a cut-off attempt left beside it goes.
    async fn compose(&self, ask: u64, talk: Talk, text: &str, pictures: u32) -> Told<Vec<Picture>> {
        for left in self.engine.draft_pictures(self.account, talk)? {
            self.engine.remove_picture(self.account, left.id)?;
        }
        self.engine.keep_draft(self.account, &talk.to_string(), text)?;
        let mut composed = Vec::new();
        for number in 0..pictures {
            let source = PictureSource {
                name: format!("{ask}-{number}.jpg"),
                bytes: drawn(ask, number)?,
            };
            let put = self.engine.add_picture(self.account, talk, source, false).await?;
            let id = put.ok_or(FaultCode::PictureNotFound)?.id;
            let size = PictureSize::Original;
            let prepared = self
                .engine
                .picture(self.account, PicturePlace::Own, id, size)
                .await?;
            composed.push(Picture {
                id: id.to_string(),
                sha256: Sha256::digest(&prepared.bytes)
                    .iter()
                    .map(|octet| format!("{octet:02x}"))
                    .collect(),
            });
        }
        Ok(composed)
    }

    /// Says what becomes of an outgoing message, once.
    fn watch(&self, ask: u64, id: OutgoingId) {
        let engine = self.engine.clone();
        tokio::spawn(async move {
            let end = loop {
                match engine.outgoing(id).map(|outgoing| outgoing.state) {
                    Ok(OutgoingState::Sent(message)) => break Fate::Sent(message.get()),
                    Ok(OutgoingState::Failed(fault)) => break Fate::Failed(fault.code.name().to_owned()),
                    Ok(_) => tokio::time::sleep(WATCHED_EVERY).await,
                    Err(fault) => return turned(ask, &fault),
                }
            };
            tell(Word::Settled { ask, end });
        });
    }

    async fn look(&self, ask: u64, talk: Talk, text: &str) -> Told<Seen> {
        // One that becomes a message in between is in neither half of the first reading.
        let mut lines = self.lines(talk).await?;
        lines.extend(self.lines(talk).await?);
        for line in lines {
            match line {
                TalkLine::Outgoing(Outgoing { id, text: words, .. }) if words == text => {
                    self.watch(ask, id);
                    return Ok(Seen::Outgoing(id));
                }
                TalkLine::Message { message, mine, .. } if mine && message.text == text => {
                    return Ok(Seen::Message(message.id.get()));
                }
                _ => {}
            }
        }
        if self.engine.draft(self.account, &talk.to_string())? == text {
            let pictures = self.engine.draft_pictures(self.account, talk)?;
            let ids = pictures.iter().map(|picture| picture.id.to_string());
            return Ok(Seen::Draft(ids.collect()));
        }
        Ok(Seen::Nothing)
    }

    /// All lines of a talk, from the store.
    async fn lines(&self, talk: Talk) -> Told<Vec<TalkLine>> {
        let mut page = self.engine.talk_lines(talk, LinesPage::Last, PAGE).await?;
        let mut all = page.lines;
        while let Some(first) = page.first.filter(|_| page.earlier) {
            page = self
                .engine
                .talk_lines(talk, LinesPage::Before(first), PAGE)
                .await?;
            page.lines.append(&mut all);
            all = std::mem::take(&mut page.lines);
        }
        Ok(all)
    }

    async fn all_of(&self, talk: Talk) -> Told<Word> {
        let mut stale = None;
        for _ in 0..READS {
            match self.engine.talk_now(talk).await {
                Ok(_) => {
                    stale = None;
                    break;
                }
                Err(fault) => stale = Some(fault.code.name().to_owned()),
            }
            tokio::time::sleep(WATCHED_EVERY * 10).await;
        }
        let place = talk.to_string();
        let pictures = self.engine.draft_pictures(self.account, talk)?;
        Ok(Word::Lines {
            lines: self.lines(talk).await?.iter().map(line).collect(),
            draft: self.engine.draft(self.account, &place)?,
            talk: place,
            pictures: pictures.iter().map(|picture| picture.id.to_string()).collect(),
            stale,
        })
    }
}

fn line(line: &TalkLine) -> Line {
    match line {
        TalkLine::Message {
            message,
            mine,
            repeats,
            ..
        } => Line {
            text: message.text.clone(),
            pictures: message.pictures.iter().map(ToString::to_string).collect(),
            mine: *mine,
            state: Standing::Message(message.id.get()),
            repeats: *repeats,
        },
        TalkLine::Outgoing(outgoing) => Line {
            text: outgoing.text.clone(),
            pictures: outgoing.pictures.iter().map(ToString::to_string).collect(),
            mine: true,
            state: match outgoing.state {
                OutgoingState::Failed(_) => Standing::Failed,
                _ => Standing::Open,
            },
            repeats: 0,
        },
    }
}

/// A small picture of its own for each asking: stripes of colours that follow from its number.
fn drawn(ask: u64, number: u32) -> Told<Vec<u8>> {
    const SIDE: u16 = 24;
    let seed = Sha256::digest(format!("{ask}/{number}"));
    let pixels: Vec<u8> = (0..usize::from(SIDE) * usize::from(SIDE))
        .flat_map(|pixel| [0, 1, 2].map(|channel| seed[(pixel / 7 + channel) % seed.len()]))
        .collect();
    let mut jpeg = Vec::new();
    jpeg_encoder::Encoder::new(&mut jpeg, 80)
        .encode(&pixels, SIDE, SIDE, jpeg_encoder::ColorType::Rgb)
        .map_err(|_| Fault::new(FaultCode::Internal))?;
    Ok(jpeg)
}
