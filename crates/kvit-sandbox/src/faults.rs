//! Things that go wrong on purpose, so that tests can show what a client does about them.

mod news;

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

pub use self::news::SpoiltEvents;
pub(crate) use self::news::{Jumble, News};

/// What goes wrong with a call.
///
/// [`Fault::Twice`], [`Fault::TwiceAfter`] and [`Fault::Late`] are what the front proxy of the real marketplace does
/// (marketplace reference, section 2.1): it repeats calls by itself, and no call carries a key by which a repeat could
/// be known. What they do to the books they do whether or not the caller is still there; streams ignore them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call ends with this status and text.
    Refuse(Code, String),
    /// The call is never answered. Its connection stays healthy: streams over it go on with their heartbeats, and
    /// HTTP/2 pings are answered.
    Hang,
    /// The connection that carries the call is cut.
    Cut,
    /// The call goes on after this time, if the caller is still there then.
    Delay(Duration),
    /// The call is executed twice in a row. [`When::Before`]: the caller gets the answer of the repeat;
    /// [`When::After`]: that of the first.
    Twice,
    /// The call is executed at once and again this much later. [`When::Before`]: the caller is told UNAVAILABLE as soon
    /// as the first is done; [`When::After`]: he hears nothing until the repeat is done, and gets its answer.
    TwiceAfter(Duration),
    /// The call is executed this much later, once. [`When::Before`]: the caller is told UNAVAILABLE at once;
    /// [`When::After`]: he hears nothing until it is done.
    Late(Duration),
    /// A plain HTTP answer with this status (400 to 599) and nothing of gRPC in it, as a proxy gives.
    Http(u16),
}

/// How a call goes on after a fault that did not end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Struck {
    /// As if nothing had been.
    On,
    /// It is executed twice in a row.
    Twice,
    /// It is executed at once and again later.
    TwiceAfter(Duration),
    /// It is executed later; `told`: the caller hears UNAVAILABLE meanwhile.
    Late { wait: Duration, told: bool },
}

/// What the front proxy says when a call was lost on its way (marketplace reference, section 2.7).
pub(crate) const LOST: &str =
    "upstream connect error or disconnect/reset before headers. reset reason: connection termination";

/// Marks, within this process, a status that leaves as a plain HTTP answer; see `server::plain`.
pub(crate) const PLAIN_HTTP: &str = "practice-plain-http";

/// What the caller of a lost call is told.
pub(crate) fn lost() -> Status {
    Status::unavailable(LOST)
}

fn plain_http(status: u16) -> Status {
    let mut marked = lost();
    marked
        .metadata_mut()
        .insert(PLAIN_HTTP, MetadataValue::from(u64::from(status)));
    marked
}

/// Whether the marketplace has acted when it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// Nothing has happened yet, and (unless delayed) nothing will.
    Before,
    /// The act is committed; only its answer is lost or spoiled.
    After,
}

#[derive(Debug)]
struct Rule {
    rpc: String,
    when: When,
    fault: Fault,
    /// `None`: every time.
    times: Option<u32>,
}

type Alteration = Arc<dyn Fn(&mut dyn Any) + Send + Sync>;

/// The knobs for faults. All start harmless.
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
    alterations: Mutex<Vec<Alteration>>,
    calls: Mutex<HashMap<&'static str, u64>>,
    heartbeats: AtomicBool,
    refuse_connections: AtomicBool,
    connections: Mutex<Vec<CancellationToken>>,
    streams: Mutex<CancellationToken>,
    news: News,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// A poisoned lock here guards plain values that are whole at every moment.
fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    pub(crate) fn none() -> Faults {
        Faults {
            rules: Mutex::default(),
            alterations: Mutex::default(),
            calls: Mutex::default(),
            heartbeats: AtomicBool::new(true),
            refuse_connections: AtomicBool::new(false),
            connections: Mutex::default(),
            streams: Mutex::new(CancellationToken::new()),
            news: News::default(),
        }
    }

    /// The next call of this rpc (contract spelling, e.g. `PayInvoiceFromBalance`) goes wrong, once.
    pub fn once(&self, rpc: &str, when: When, fault: Fault) {
        self.times(rpc, when, fault, 1);
    }

    /// The next `times` calls of this rpc go wrong.
    pub fn times(&self, rpc: &str, when: When, fault: Fault, times: u32) {
        open(&self.rules).push(Rule {
            rpc: rpc.to_owned(),
            when,
            fault,
            times: Some(times),
        });
    }

    /// Every call of this rpc goes wrong until [`Faults::clear`].
    pub fn always(&self, rpc: &str, when: When, fault: Fault) {
        open(&self.rules).push(Rule {
            rpc: rpc.to_owned(),
            when,
            fault,
            times: None,
        });
    }

    /// Spoils every answer or stream message of type `M` just before it leaves, e.g.
    /// `alter(|page: &mut v1::GetInvoicePaymentsResponse| ...)`. Confirmations are already signed then.
    pub fn alter<M: Any>(&self, change: impl Fn(&mut M) + Send + Sync + 'static) {
        open(&self.alterations).push(Arc::new(move |answer: &mut dyn Any| {
            if let Some(message) = answer.downcast_mut::<M>() {
                change(message);
            }
        }));
    }

    /// Streams send their 10-second heartbeats (as at first) or none.
    pub fn heartbeats(&self, on: bool) {
        self.heartbeats.store(on, Ordering::SeqCst);
    }

    /// New connections are closed at once, or accepted again.
    pub fn refuse_connections(&self, refuse: bool) {
        self.refuse_connections.store(refuse, Ordering::SeqCst);
    }

    /// Cuts every connection that is open now.
    pub fn cut_connections(&self) {
        for connection in open(&self.connections).drain(..) {
            connection.cancel();
        }
    }

    /// Ends every stream that is open now with status OK, as the server may at any time (reference 2.6).
    pub fn end_streams(&self) {
        std::mem::replace(&mut *open(&self.streams), CancellationToken::new()).cancel();
    }

    /// Events of SubscribeNewEvents, live ones and the stored ones a new subscription begins with, overtake each other:
    /// up to `within` of them are held back and leave in random order, at the latest a second after the last one came.
    /// 0, as at first: none. The Balance event a subscription begins with stays the first.
    pub fn reorder_events(&self, within: usize) {
        self.news.reorder(within);
    }

    /// About one in `one_in` events of SubscribeNewEvents comes twice, the copy at once after it or, where events are
    /// reordered too, somewhere behind. 1: every one; 0, as at first: none.
    pub fn duplicate_events(&self, one_in: u32) {
        self.news.duplicate(one_in);
    }

    /// Every `nth` live event of SubscribeNewEvents is lost, counted from here over all subscriptions. 0, as at first:
    /// none. Stored events that are lost come with the next subscription, and GetUserEvents has them.
    pub fn lose_events(&self, nth: u64) {
        self.news.lose(nth);
    }

    /// How many events were lost, doubled and overtaken so far.
    #[must_use]
    pub fn spoilt_events(&self) -> SpoiltEvents {
        self.news.spoilt()
    }

    /// Forgets all rules and alterations, and lets heartbeats, events and connections through again.
    pub fn clear(&self) {
        open(&self.rules).clear();
        open(&self.alterations).clear();
        self.news.clear();
        self.heartbeats(true);
        self.refuse_connections(false);
    }

    /// How often this rpc was called with a valid token so far, faulty calls included.
    #[must_use]
    pub fn calls(&self, rpc: &str) -> u64 {
        open(&self.calls).get(rpc).copied().unwrap_or_default()
    }

    pub(crate) fn count(&self, rpc: &'static str) {
        let mut calls = open(&self.calls);
        let count = calls.entry(rpc).or_default();
        *count = count.saturating_add(1);
    }

    pub(crate) fn heartbeats_on(&self) -> bool {
        self.heartbeats.load(Ordering::SeqCst)
    }

    pub(crate) fn connections_refused(&self) -> bool {
        self.refuse_connections.load(Ordering::SeqCst)
    }

    /// A switch that cuts the new connection it is given to.
    pub(crate) fn new_connection(&self) -> CancellationToken {
        let mut connections = open(&self.connections);
        // Closed connections cancel their own switch.
        connections.retain(|connection| !connection.is_cancelled());
        let switch = CancellationToken::new();
        connections.push(switch.clone());
        switch
    }

    pub(crate) fn end_of_streams(&self) -> CancellationToken {
        open(&self.streams).clone()
    }

    /// What the knobs do to the events of one more stream.
    pub(crate) fn jumble<M: Clone>(&self, seed: u64) -> Jumble<M> {
        self.news.jumble(seed)
    }

    pub(crate) fn spoil(&self, answer: &mut dyn Any) {
        // Called without the lock: an alteration may use these knobs itself.
        let alterations = open(&self.alterations).clone();
        for change in alterations {
            change(answer);
        }
    }

    /// The first rule that is due, if `fits` likes it.
    fn take(&self, rpc: &str, when: When, fits: impl FnOnce(&Fault) -> bool) -> Option<Fault> {
        let mut rules = open(&self.rules);
        let at = rules
            .iter()
            .position(|rule| rule.rpc == rpc && rule.when == when && rule.times != Some(0))?;
        let rule = rules.get_mut(at).filter(|rule| fits(&rule.fault))?;
        if let Some(times) = &mut rule.times {
            *times = times.saturating_sub(1);
        }
        let fault = rule.fault.clone();
        rules.retain(|rule| rule.times != Some(0));
        Some(fault)
    }

    /// Lets the next fault of this rpc happen; `Ok` means the call goes on.
    pub(crate) async fn strike(
        &self,
        rpc: &'static str,
        when: When,
        connection: Option<&CancellationToken>,
    ) -> Result<Struck, Status> {
        match self.take(rpc, when, |_| true) {
            None => {}
            Some(Fault::Refuse(code, text)) => return Err(Status::new(code, text)),
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Cut) => {
                if let Some(connection) = connection {
                    connection.cancel();
                }
                std::future::pending().await
            }
            Some(Fault::Delay(time)) => tokio::time::sleep(time).await,
            Some(Fault::Twice) => return Ok(Struck::Twice),
            Some(Fault::TwiceAfter(wait)) => return Ok(Struck::TwiceAfter(wait)),
            Some(Fault::Late(wait)) => return Ok(Struck::Late { wait, told: true }),
            Some(Fault::Http(status)) => return Err(plain_http(status)),
        }
        if when == When::Before
            && let Some(Fault::Late(wait)) =
                self.take(rpc, When::After, |fault| matches!(fault, Fault::Late(_)))
        {
            return Ok(Struck::Late { wait, told: false });
        }
        Ok(Struck::On)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_strikes_as_often_as_told() {
        let faults = Faults::none();
        faults.times("A", When::After, Fault::Cut, 2);
        assert_eq!(faults.take("A", When::Before, |_| true), None);
        assert_eq!(faults.take("B", When::After, |_| true), None);
        assert_eq!(faults.take("A", When::After, |_| true), Some(Fault::Cut));
        assert_eq!(faults.take("A", When::After, |_| true), Some(Fault::Cut));
        assert_eq!(faults.take("A", When::After, |_| true), None);
        faults.always("A", When::Before, Fault::Hang);
        for _ in 0..5 {
            assert_eq!(faults.take("A", When::Before, |_| true), Some(Fault::Hang));
        }
        faults.clear();
        assert_eq!(faults.take("A", When::Before, |_| true), None);
    }

    #[test]
    fn an_alteration_touches_its_type_only() {
        let faults = Faults::none();
        faults.alter(|number: &mut u32| *number += 1);
        let (mut number, mut text) = (1_u32, String::from("1"));
        faults.spoil(&mut number);
        faults.spoil(&mut text);
        assert_eq!((number, text.as_str()), (2, "1"));
    }
}
