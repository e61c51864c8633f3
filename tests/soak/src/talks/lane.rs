//! One account that writes.

mod places;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rand::Rng;

use super::{AT_ONCE, Evidence, Sent, Written, judge};
use crate::engine;
use crate::engine::sends::{Fate, Line, Order, Seen, Word};
use crate::pace::Scale;
use crate::plan::Fault;
use crate::run::Work;
use crate::server;
use crate::stand::{Aim, Aimed, PATIENCE, Stand};
use crate::totals::Totals;
use crate::wire::Class;
use places::{Kind, Places};

/// An event that was set off is on the wire within this long, if a stream is open.
const EVENT: Duration = Duration::from_secs(3);
/// A button that did nothing is pressed so often again.
const PRESSES: u32 = 20;

/// A lane.
pub struct Lane {
    stand: Stand,
    places: Places,
    sent: Vec<Sending>,
    written: Vec<Written>,
    /// Messages sent off, ever.
    orders: u64,
    /// The wire cannot read what passes.
    tls: bool,
}

/// A message that was sent off, and where it stands as far as the person knows.
struct Sending {
    sent: Sent,
    kind: Kind,
    /// Number of the outgoing message.
    id: Option<kvit_engine::OutgoingId>,
    settled: bool,
    /// The button did nothing, so often.
    turned: u32,
    /// It has to be found out what became of it.
    lost: bool,
}

/// Takes in a word about messages. The number of the asking that it settles, or that came to nothing.
fn take_in(sent: &mut [Sending], word: &engine::Word) -> Option<u64> {
    let engine::Word::Talks { word } = word else {
        return None;
    };
    let (Word::Composed { ask, .. }
    | Word::Posted { ask, .. }
    | Word::Settled { ask, .. }
    | Word::Turned { ask, .. }
    | Word::Deleted { ask }) = word
    else {
        return None;
    };
    let one = sent.get_mut(usize::try_from(*ask).ok()?)?;
    match word {
        Word::Composed { pictures, .. } => one.sent.composed = Some(pictures.clone()),
        Word::Posted { id, .. } => {
            one.sent.posted = true;
            one.id = Some(*id);
        }
        Word::Settled { end, .. } => {
            one.sent.told.push(end.clone());
            one.settled = true;
            return Some(*ask);
        }
        Word::Turned { .. } => {
            one.turned += 1;
            one.lost = true;
            return Some(*ask);
        }
        Word::Deleted { .. } => {
            one.sent.deleted = true;
            return Some(*ask);
        }
        _ => {}
    }
    None
}

impl Work for Lane {
    async fn open(folder: &Path, seed: u64, tls: bool, scale: Scale, planted: Option<&str>) -> Result<Self> {
        let mut stand = Stand::open(folder, seed, tls, scale, planted).await?;
        // What has not left waits for a line, however long that takes.
        stand.barred = Some(scale.money() / 2);
        Ok(Self {
            stand,
            places: Places::default(),
            sent: Vec::new(),
            written: Vec::new(),
            orders: 0,
            tls,
        })
    }

    async fn ask(&mut self, fault: Fault) -> Result<bool> {
        let began = Instant::now();
        self.ready().await?;
        let kind = self.calm().await?;
        self.furnish().await?;
        let at_upload = self.aims_at_an_upload(fault);
        let pictures = match self.stand.rng.random_range(0..6) {
            0 | 1 if !at_upload => 1,
            2 if !at_upload => 3,
            _ => u32::from(at_upload),
        };
        let aim = Aim {
            rpc: if at_upload { "StoreImage" } else { kind.rpc() },
            before_call: if at_upload {
                "pictures.before_upload"
            } else {
                "outgoing.before_call"
            },
            news: if fault.needs_news() {
                self.news()
            } else {
                server::Order::Sell { times: 1 }
            },
        };
        let aimed = self.stand.aim(fault, &aim).await?;
        let killed = self.stand.moment_of_killing(fault);
        let target = self.write(kind, pictures, Some((fault, at_upload))).await;
        self.write_others(kind, &self.sent[target].sent.talk.clone(), at_upload)
            .await;
        self.await_target(target, fault, killed).await?;
        if matches!(fault, Fault::Wire(Class::C13, _)) {
            let news = self.news();
            self.stand.tell_server(news).await?;
            let end = Instant::now() + EVENT;
            while !self.stand.wire.has_struck() && Instant::now() < end {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        let struck = self.stand.struck(fault, aimed).await?;
        self.stand.wire.heal();
        self.stand.note(&format!(
            "{fault}: struck {struck}, {:?} after {:?}",
            self.sent[target].sent,
            began.elapsed()
        ))?;
        if struck {
            self.stand.totals.injected_all(fault.classes());
            if !matches!(aimed, Aimed::Always) {
                let at = if at_upload { "at an upload" } else { "at a message" };
                self.stand.totals.inject(at);
            }
        }
        self.retry_or_delete().await?;
        if self.stand.rng.random_ratio(1, 4) {
            self.answer().await?;
        }
        Ok(struck)
    }

    async fn verdict(mut self) -> Result<Totals> {
        self.stand.heal().await?;
        self.settle().await?;
        // What arrived after silence is watched for a repetition until none can come.
        tokio::time::sleep(self.stand.scale.money() * 3).await;
        let talks = self.fresh_talks().await?;
        let evidence = Evidence {
            sent: self.sent.into_iter().map(|one| one.sent).collect(),
            written: self.written,
            ledger: self.stand.ledger().await?,
            requests: (!self.tls).then(|| self.stand.wire.requests()),
            talks,
        };
        let mut totals = judge(&evidence);
        totals.add(self.stand.totals);
        Ok(totals)
    }
}

impl Lane {
    /// Whether the fault is to strike a picture on its way, rather than the message.
    fn aims_at_an_upload(&mut self, fault: Fault) -> bool {
        match fault {
            Fault::None | Fault::KillTime => false,
            Fault::KillPoint(point) | Fault::Panic(point) => point.starts_with("pictures."),
            _ => self.stand.rng.random_ratio(1, 3),
        }
    }

    /// Writes a message and sends it off; its place among all of the lane.
    async fn write(&mut self, kind: Kind, pictures: u32, fault: Option<(Fault, bool)>) -> usize {
        let talk = self.places.take(kind, &mut self.stand.rng);
        self.write_in(talk, kind, pictures, fault).await
    }

    async fn write_in(
        &mut self,
        talk: String,
        kind: Kind,
        pictures: u32,
        fault: Option<(Fault, bool)>,
    ) -> usize {
        let place = self.sent.len();
        let ask = place as u64;
        let text = format!("{ask} в {kind:?}");
        self.orders += 1;
        self.sent.push(Sending {
            sent: Sent {
                ask,
                talk: talk.clone(),
                text: text.clone(),
                pictures,
                composed: None,
                posted: false,
                order: self.orders,
                retries: 0,
                deleted: false,
                fault: fault.map_or_else(|| "none".to_owned(), |(fault, _)| fault.to_string()),
                repeated: fault.is_some_and(|(fault, at_upload)| fault.repeats() && !at_upload),
                told: Vec::new(),
            },
            kind,
            id: None,
            settled: false,
            turned: 0,
            lost: false,
        });
        let order = Order::Send {
            ask,
            talk,
            text,
            pictures,
        };
        self.tell(order).await;
        place
    }

    /// Messages that are on their way at the same time: one behind it in the same talk now and then, the others where no
    /// rule for the call that is struck takes them.
    async fn write_others(&mut self, kind: Kind, talk: &str, at_upload: bool) {
        if self.stand.rng.random_ratio(1, 2) {
            self.write_in(talk.to_owned(), kind, 0, None).await;
        }
        for _ in 2..AT_ONCE {
            let other = kind.another(&mut self.stand.rng);
            let pictures = u32::from(!at_upload && self.stand.rng.random_ratio(1, 8));
            self.write(other, pictures, None).await;
        }
    }

    async fn await_target(
        &mut self,
        target: usize,
        fault: Fault,
        killed: Option<tokio::time::Instant>,
    ) -> Result<()> {
        let (sent, ask) = (&mut self.sent, target as u64);
        let take = |word: &engine::Word| take_in(sent, word) == Some(ask);
        if self.stand.hear(fault, killed, take).await? {
            let sent = &mut self.sent;
            self.stand
                .await_the_point(|word| take_in(sent, word).is_some())
                .await;
        }
        Ok(())
    }

    /// Sees to it that an engine runs, and that the person knows of every message where it stands.
    async fn ready(&mut self) -> Result<()> {
        loop {
            if self.stand.start().await? {
                for one in self.sent.iter_mut().filter(|one| !one.settled) {
                    one.lost = true;
                }
            }
            let Some(place) = self.sent.iter().position(|one| one.lost) else {
                return Ok(());
            };
            if !self.find_out(place).await? {
                // It died meanwhile, and is started again.
                continue;
            }
            self.sent[place].lost = false;
        }
    }

    /// Looks what has become of a message, and presses again what was not sent off. `false`: the engine died.
    async fn find_out(&mut self, place: usize) -> Result<bool> {
        let sent = &self.sent[place].sent;
        let (ask, talk, text) = (sent.ask, sent.talk.clone(), sent.text.clone());
        let (look, mut found) = (
            Order::Look {
                ask,
                talk: talk.clone(),
                text: text.clone(),
            },
            None,
        );
        self.tell(look).await;
        let sends = &mut self.sent;
        let take = |word: &engine::Word| {
            take_in(sends, word);
            match word {
                engine::Word::Talks {
                    word: Word::Seen { ask: of, seen },
                } if *of == ask => {
                    found = Some(seen.clone());
                    true
                }
                _ => false,
            }
        };
        if !self.stand.hear(Fault::None, None, take).await? {
            return Ok(false);
        }
        self.orders += 1;
        let order = self.orders;
        let one = &mut self.sent[place];
        if one.turned > PRESSES {
            bail!("the button does nothing: {:?}", one.sent);
        }
        let composed = one.sent.composed.as_ref().map(|pictures| {
            pictures
                .iter()
                .map(|picture| picture.id.clone())
                .collect::<Vec<_>>()
        });
        let again = match found {
            Some(Seen::Outgoing(id)) => {
                one.sent.posted = true;
                one.id = Some(id);
                None
            }
            Some(Seen::Message(number)) => {
                one.sent.posted = true;
                one.settled = true;
                one.sent.told.push(Fate::Sent(number));
                None
            }
            Some(Seen::Draft(pictures)) if !one.sent.posted && composed.as_ref() == Some(&pictures) => {
                Some(Order::Post { ask, talk, text })
            }
            _ if one.sent.posted || composed.is_some() => {
                // The judge does not find it either, and says so.
                one.settled = true;
                None
            }
            _ => Some(Order::Send {
                ask,
                talk,
                text,
                pictures: one.sent.pictures,
            }),
        };
        if let Some(again) = again {
            one.sent.order = order;
            if one.turned > 0 {
                // The line may have to be made first.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            self.tell(again).await;
        }
        Ok(true)
    }

    /// A kind of talk in which nothing is on its way.
    async fn calm(&mut self) -> Result<Kind> {
        loop {
            let calm: Vec<Kind> = Kind::ALL
                .into_iter()
                .filter(|kind| self.sent.iter().all(|one| one.settled || one.kind != *kind))
                .collect();
            if !calm.is_empty() {
                return Ok(calm[self.stand.rng.random_range(0..calm.len())]);
            }
            self.hear_more().await?;
        }
    }

    /// Hears what becomes of one more message.
    async fn hear_more(&mut self) -> Result<()> {
        let sent = &mut self.sent;
        let take = |word: &engine::Word| take_in(sent, word).is_some();
        self.stand.hear(Fault::None, None, take).await?;
        self.ready().await
    }

    /// What failed is sent once more, or forgotten, or left as it is.
    async fn retry_or_delete(&mut self) -> Result<()> {
        for place in 0..self.sent.len() {
            let one = &mut self.sent[place];
            let failed = one.settled && matches!(one.sent.told.last(), Some(Fate::Failed(_)));
            let (Some(id), true, false) = (one.id, failed, one.sent.deleted || one.sent.retries > 0) else {
                continue;
            };
            if self.stand.engine.is_none() {
                return Ok(());
            }
            let ask = one.sent.ask;
            match self.stand.rng.random_range(0..24) {
                0..=3 => {
                    one.settled = false;
                    one.sent.retries += 1;
                    self.tell(Order::Retry { ask, id }).await;
                }
                4 | 5 => {
                    self.tell(Order::Delete { ask, id }).await;
                    let sent = &mut self.sent;
                    let take = |word: &engine::Word| take_in(sent, word) == Some(ask);
                    self.stand.hear(Fault::None, None, take).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What the server is told so that news comes: somebody writes, or buys where nobody could write yet.
    fn news(&mut self) -> server::Order {
        let answerable =
            |one: &&Sending| one.kind != Kind::Deal && matches!(one.sent.told.last(), Some(Fate::Sent(_)));
        let Some(talk) = self
            .sent
            .iter()
            .rev()
            .find(answerable)
            .map(|one| one.sent.talk.clone())
        else {
            return server::Order::Sell { times: 1 };
        };
        let text = format!("answer {}", self.written.len());
        self.written.push(Written {
            talk: talk.clone(),
            text: text.clone(),
        });
        server::Order::Answer { talk, text }
    }

    async fn answer(&mut self) -> Result<()> {
        let news = self.news();
        self.stand.tell_server(news).await?;
        Ok(())
    }

    async fn tell(&mut self, order: Order) {
        self.stand.tell_engine(&engine::Order::Talks { order }).await;
    }

    /// Waits until nothing is on its way.
    async fn settle(&mut self) -> Result<()> {
        let deadline = Instant::now() + self.stand.scale.settling();
        self.ready().await?;
        while self.sent.iter().any(|one| !one.settled) && Instant::now() < deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            if let Ok(heard) = tokio::time::timeout(left, self.hear_more()).await {
                heard?;
            }
        }
        // The judge counts what is still open.
        Ok(())
    }

    /// What an engine shows that was started anew.
    async fn fresh_talks(&mut self) -> Result<BTreeMap<String, Vec<Line>>> {
        self.stand.start_anew().await?;
        let mut talks = BTreeMap::new();
        for talk in self.places.all() {
            self.tell(Order::Lines { talk: talk.clone() }).await;
            let Some(engine) = &mut self.stand.engine else {
                bail!("no engine")
            };
            let (lines, stale) = loop {
                match engine.word_within(PATIENCE).await? {
                    engine::Word::Talks {
                        word: Word::Lines { lines, stale, .. },
                    } => break (lines, stale),
                    engine::Word::Failed { why } => bail!("{talk}: {why}"),
                    _ => {}
                }
            };
            if let Some(why) = stale {
                self.stand
                    .totals
                    .complain(format!("{talk} cannot be read anew: {why}"));
            }
            talks.insert(talk, lines);
        }
        self.stand.end_engine().await?;
        Ok(talks)
    }
}
