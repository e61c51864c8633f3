//! The first time everything is read, all of the past comes at once, and the marketplace does not say what of it was read
//! elsewhere. What it has stored events of was not (section 15.5): those messages are unread, and nothing else is.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use kvit_domain::{
    event::{Event, EventContent},
    id::{EventId, UserId},
    message::Talk,
    news::NewsKind,
};
use kvit_store::{Page, Store, StoreFault, TalksQuery, Unread};

use crate::{
    engine::Engine,
    open_account::OpenAccount,
    session::Session,
    shell::{Shell, Topic},
};

/// Mark: what was unread at the beginning is settled.
const SETTLED: &str = "talks settled";

/// News looked through for messages.
const NEWS: u32 = 1_000;

/// Talks looked at in one go.
const AT_ONCE: u32 = 200;

/// Most messages of a talk that can be unread at the beginning.
const UNREAD: u32 = 200;

impl OpenAccount {
    /// What nobody has read yet. Nothing, until it is known what was read before this computer came to be used.
    pub(crate) fn unread(&self) -> Unread {
        if self.talks_settled() {
            self.ask(|store| store.unread()).unwrap_or_default()
        } else {
            Unread::default()
        }
    }

    fn talks_settled(&self) -> bool {
        self.ask(|store| store.mark(SETTLED))
            .is_ok_and(|mark| mark.is_some())
    }
}

impl<S: Shell> Engine<S> {
    /// Settles what is unread, once, after everything was read for the first time.
    pub(crate) async fn settle_talks(&self, session: &Arc<Session>) {
        let account = &session.account;
        let Ok(me) = account.me() else { return };
        if account.talks_settled() {
            return;
        }
        // What the stream has brought by now is among the news; the rest is still stored.
        let stored = match session.market.stored_events().await {
            Ok(stored) => stored,
            Err(fault) => {
                tracing::info!(%fault, "what is unread is settled the next time");
                return;
            }
        };
        account.keep_behind(move |store| settle(store, me, &stored)).await;
        self.announce(account.id, &[Topic::Talks, Topic::App]);
    }
}

fn settle(store: &Store, me: UserId, stored: &[Event]) -> Result<(), StoreFault> {
    let mut told: HashMap<Talk, BTreeSet<EventId>> = HashMap::new();
    for (_, kept) in store.news(None, NEWS)? {
        let of_a_message = matches!(
            kept.news.kind,
            NewsKind::ConversationMessage | NewsKind::DealMessage
        );
        if let (true, false, Some(talk)) = (of_a_message, kept.read, kept.news.talk) {
            told.entry(talk).or_default().insert(kept.news.event);
        }
    }
    for event in stored {
        let talk = match &event.content {
            EventContent::ConversationMessage(one) if one.is_of(me) => one.talk(),
            EventContent::DealMessage(deal) => Talk::Deal(deal.id),
            _ => continue,
        };
        told.entry(talk).or_default().extend(event.id);
    }
    let unread = TalksQuery {
        unread_only: true,
        deals: true,
        ..TalksQuery::default()
    };
    let mut talks = Vec::new();
    loop {
        let from = u32::try_from(talks.len()).unwrap_or(u32::MAX);
        let (page, total) = store.talks(&unread, from, AT_ONCE)?;
        let empty = page.is_empty();
        talks.extend(
            page.into_iter()
                .map(|kept| (kept.talk, kept.last.map(|last| last.id))),
        );
        if empty || talks.len() >= usize::try_from(total).unwrap_or(usize::MAX) {
            break;
        }
    }
    for (talk, newest) in talks {
        let read_to = match told.get(&talk) {
            None => newest,
            Some(events) => {
                let others: Vec<_> = store
                    .messages(talk, Page::Last, UNREAD)?
                    .into_iter()
                    .map(|kept| kept.message)
                    .filter(|message| message.author != Some(me))
                    .collect();
                // Everything but the last ones, as many as there were events.
                others.iter().rev().nth(events.len()).map(|message| message.id)
            }
        };
        if let Some(read_to) = read_to {
            store.read_up_to(talk, read_to)?;
        }
    }
    store.keep_mark(SETTLED, 1)
}
