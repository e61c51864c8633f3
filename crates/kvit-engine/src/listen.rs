//! Listening: events and rates of a session. An event is only a reason to look; a gap is a reason to look at all.

use std::sync::Arc;

use futures_util::FutureExt;
use kvit_client::{StreamItem, Updates};
use kvit_domain::{
    Timestamp,
    fault::{Fault, FaultCode},
};

use crate::{
    engine::Engine,
    session::Session,
    shell::{Shell, Topic},
};

/// State of the connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Connection {
    /// In one word.
    pub state: ConnectionState,
    /// Last time anything was heard.
    pub heard: Option<Timestamp>,
    /// Why there is none.
    pub fault: Option<Fault>,
}

/// State of the connection in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConnectionState {
    /// No account in use.
    Idle,
    /// Being made.
    #[default]
    Connecting,
    /// Events flow.
    Connected,
    /// Lost; tried again by itself.
    Waiting,
    /// A person has to look: token, certificate, address.
    Stopped,
}

impl Connection {
    /// No account in use.
    pub(crate) fn idle() -> Self {
        Self {
            state: ConnectionState::Idle,
            ..Self::default()
        }
    }
}

/// Events taken in at once: what has come while the last batch was taken in.
const BATCH: usize = 256;

impl<S: Shell> Engine<S> {
    /// Listens until the task is dropped or the line says that it will not come back.
    pub(crate) async fn listen(self, session: Arc<Session>) {
        self.tell_the_untold(&session.account);
        tokio::join!(self.listen_events(&session), self.listen_rates(&session));
    }

    async fn listen_events(&self, session: &Arc<Session>) {
        let mut events = session.market.events();
        let mut waiting = None;
        loop {
            let item = match waiting.take() {
                Some(item) => Some(item),
                None => events.next().await,
            };
            match item {
                None => return,
                Some(StreamItem::Connected) => {
                    self.set_connection(session, ConnectionState::Connected, None);
                    if !self.greet(session).await {
                        return;
                    }
                }
                Some(StreamItem::News(event)) => {
                    let mut batch = vec![event];
                    while batch.len() < BATCH {
                        match events.next().now_or_never() {
                            Some(Some(StreamItem::News(event))) => batch.push(event),
                            Some(other) => {
                                waiting = other;
                                break;
                            }
                            None => break,
                        }
                    }
                    self.take_events(session, batch).await;
                }
                Some(StreamItem::Lost(fault)) => {
                    self.set_connection(session, ConnectionState::Waiting, Some(fault))
                }
                Some(StreamItem::Stopped(fault)) => {
                    self.set_connection(session, ConnectionState::Stopped, Some(fault));
                    return;
                }
            }
        }
    }

    async fn listen_rates(&self, session: &Arc<Session>) {
        let mut rates: Updates<_> = session.market.rates_stream();
        while let Some(item) = rates.next().await {
            // Whether the line stands the stream of events tells.
            if let StreamItem::News(rates) = item {
                let (copy, now) = (rates.clone(), self.now());
                session
                    .account
                    .keep_behind(move |store| store.keep_rates(&copy, now))
                    .await;
                session.account.live().rates = rates;
                self.announce(session.account.id, &[Topic::Rates, Topic::App]);
            }
        }
    }

    pub(crate) fn set_connection(&self, session: &Session, state: ConnectionState, fault: Option<Fault>) {
        {
            let connection = &mut session.connection();
            if state == ConnectionState::Connected {
                connection.heard = Some(self.now());
            }
            if connection.state != state {
                tracing::info!(
                    ?state,
                    fault = fault.as_ref().map(tracing::field::display),
                    "connection"
                );
            }
            connection.state = state;
            connection.fault = fault;
        }
        self.announce(session.account.id, &[Topic::App]);
    }

    /// After each opening of the line: whose it is, what the balance is, and everything else behind. Live events are
    /// lost while nobody listens (section 2.6). `false`: the line belongs to somebody else, and nothing of it is kept.
    async fn greet(&self, session: &Arc<Session>) -> bool {
        let account = &session.account;
        let expected = account.profile().map(|profile| profile.id);
        match session.market.profile().await {
            Ok(profile) if expected.is_some_and(|expected| expected != profile.id) => {
                // The server says that the token is another person's: their money must not be shown as this one's.
                let fault = Fault::new(FaultCode::TokenRejected).with("user", profile.name);
                self.set_connection(session, ConnectionState::Stopped, Some(fault));
                return false;
            }
            Ok(profile) => {
                session.keep_profile(profile).await;
                self.remember_username(account);
            }
            Err(fault) => tracing::warn!(%fault, "profile not read"),
        }
        if let Err(fault) = session.read_balance(self.now()).await {
            tracing::warn!(%fault, "balance not read");
        }
        self.announce(account.id, &[Topic::App, Topic::Payments, Topic::Deals]);
        self.sync_behind(session);
        account.outbox.wake();
        true
    }
}
