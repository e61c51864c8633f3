//! Things that go wrong on purpose, so that tests can show what a client does about them.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

/// What goes wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call ends with this status and text.
    Refuse(Code, String),
    /// The call is never answered.
    Hang,
    /// The connection that carries the call is cut.
    Cut,
    /// The call goes on after this time.
    Delay(Duration),
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

    /// Forgets all rules and alterations, and lets heartbeats and connections through again.
    pub fn clear(&self) {
        open(&self.rules).clear();
        open(&self.alterations).clear();
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

    pub(crate) fn spoil(&self, answer: &mut dyn Any) {
        // Called without the lock: an alteration may use these knobs itself.
        let alterations = open(&self.alterations).clone();
        for change in alterations {
            change(answer);
        }
    }

    fn take(&self, rpc: &str, when: When) -> Option<Fault> {
        let mut rules = open(&self.rules);
        let at = rules
            .iter()
            .position(|rule| rule.rpc == rpc && rule.when == when && rule.times != Some(0))?;
        let rule = rules.get_mut(at)?;
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
    ) -> Result<(), Status> {
        match self.take(rpc, when) {
            None => Ok(()),
            Some(Fault::Refuse(code, text)) => Err(Status::new(code, text)),
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Cut) => {
                if let Some(connection) = connection {
                    connection.cancel();
                }
                std::future::pending().await
            }
            Some(Fault::Delay(time)) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_strikes_as_often_as_told() {
        let faults = Faults::none();
        faults.times("A", When::After, Fault::Cut, 2);
        assert_eq!(faults.take("A", When::Before), None);
        assert_eq!(faults.take("B", When::After), None);
        assert_eq!(faults.take("A", When::After), Some(Fault::Cut));
        assert_eq!(faults.take("A", When::After), Some(Fault::Cut));
        assert_eq!(faults.take("A", When::After), None);
        faults.always("A", When::Before, Fault::Hang);
        for _ in 0..5 {
            assert_eq!(faults.take("A", When::Before), Some(Fault::Hang));
        }
        faults.clear();
        assert_eq!(faults.take("A", When::Before), None);
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
