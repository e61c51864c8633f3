//! Listening: events and rates of a session. An event is only a reason to look; a gap is a reason to look at all.

use std::sync::Arc;

use kvit_client::{StreamItem, Updates};
use kvit_domain::{
    Timestamp,
    event::{Event, EventContent},
    fault::Fault,
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

impl<S: Shell> Engine<S> {
    /// Listens until the task is dropped or the line says that it will not come back.
    pub(crate) async fn listen(self, session: Arc<Session>) {
        tokio::join!(self.listen_events(&session), self.listen_rates(&session));
    }

    async fn listen_events(&self, session: &Arc<Session>) {
        let mut events = session.market.events();
        while let Some(item) = events.next().await {
            match item {
                StreamItem::Connected => {
                    self.set_connection(session, ConnectionState::Connected, None);
                    self.read_after_gap(session).await;
                }
                StreamItem::News(event) => self.take_event(session, event).await,
                StreamItem::Lost(fault) => {
                    self.set_connection(session, ConnectionState::Waiting, Some(fault))
                }
                StreamItem::Stopped(fault) => {
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
                session.held().rates = rates;
                self.announce(session, &[Topic::Rates, Topic::App]);
            }
        }
    }

    pub(crate) fn set_connection(&self, session: &Session, state: ConnectionState, fault: Option<Fault>) {
        {
            let connection = &mut session.held().connection;
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
        self.announce(session, &[Topic::App]);
    }

    /// Live events are lost while nobody listens (section 2.6), so everything shown is read again.
    async fn read_after_gap(&self, session: &Arc<Session>) {
        if let Err(fault) = session.profile().await {
            tracing::warn!(%fault, "profile not read");
        } else {
            self.remember_username(session);
        }
        if let Err(fault) = session.read_balance(self.now()).await {
            tracing::warn!(%fault, "balance not read");
        }
        let mut topics = vec![Topic::App, Topic::Payments, Topic::Deals];
        {
            let held = session.held();
            let open = held
                .payments
                .values()
                .filter(|checked| checked.payment.status == kvit_domain::payment::PaymentStatus::Pending);
            topics.extend(open.map(|checked| Topic::Payment(checked.payment.id)));
            let open = held.deals.values().filter(|(deal, _)| deal.status.is_open());
            topics.extend(open.map(|(deal, _)| Topic::Deal(deal.id)));
        }
        if let Err(fault) = self.read_open_deals(session).await {
            tracing::warn!(%fault, "open deals not read");
        }
        self.announce(session, &topics);
    }

    async fn take_event(&self, session: &Arc<Session>, event: Event) {
        let now = self.now();
        session.held().connection.heard = Some(now);
        let topics = match event.content {
            EventContent::Balance(balance) => {
                session.held().balance = Some((balance, now));
                vec![Topic::App]
            }
            EventContent::Payment(payment) => {
                let id = payment.id;
                self.hold_payments(session, vec![*payment]).await;
                vec![Topic::Payment(id), Topic::Payments]
            }
            EventContent::Deal(deal) | EventContent::DealMessage(deal) => {
                let id = deal.id;
                let mut topics = vec![Topic::Deal(id), Topic::Deals, Topic::App];
                if let Some(payment) = deal.payment {
                    topics.extend([Topic::Payment(payment), Topic::Payments]);
                }
                self.hold_deal(session, *deal);
                topics
            }
            EventContent::InvoiceNew(_) | EventContent::InvoicePaid(_) | EventContent::InvoiceDeleted(_) => {
                vec![Topic::Payments]
            }
            EventContent::ConversationMessage => Vec::new(),
            // Something changed, and what it is could not be read: everything is read again.
            EventContent::Other => {
                if let Err(fault) = session.read_balance(now).await {
                    tracing::warn!(%fault, "balance not read");
                }
                vec![Topic::App, Topic::Payments, Topic::Deals]
            }
        };
        self.announce(session, &topics);
        // Taken in and announced: only now may the server forget it (marking deletes it there, section 15.5).
        if let Some(id) = event.id
            && let Err(fault) = session.market.mark_events_read(&[id]).await
        {
            tracing::warn!(%fault, event = %id, "event not marked as read; it will come again");
        }
    }
}
