//! Events: stored ones, and as they come.

use kvit_domain::{
    event::{Event, EventContent, Streamed},
    fault::Fault,
    id::EventId,
};
use kvit_proto::v1;
use kvit_wire::event;

use super::Marketplace;
use crate::stream::{Updates, follow};

impl Marketplace {
    /// Events as they come (SubscribeNewEvents): first the balance and the stored ones, then live. Heals itself.
    ///
    /// An event that breaks the contract is logged and comes as [`EventContent::Other`] with its number: something
    /// changed, and what it is must be read anew. It must not end the stream, because the server sends stored
    /// events again at each opening.
    pub fn events(&self) -> Updates<Event> {
        follow(
            self.clone(),
            |mut api, request| async move { api.subscribe_new_events(request).await },
            |message| Ok(tolerant(message)),
        )
    }

    /// Stored, unread events (GetUserEvents).
    pub async fn stored_events(&self) -> Result<Vec<Event>, Fault> {
        self.read(
            "GetUserEvents",
            || (),
            |mut api, request| async move { api.get_user_events(request).await },
            event::read_list,
        )
        .await
    }

    /// Forgets stored events (MarkEventsAsRead); none at all is nothing to do. Doing it twice does no harm.
    pub async fn mark_events_read(&self, events: &[EventId]) -> Result<(), Fault> {
        if events.is_empty() {
            return Ok(());
        }
        self.read(
            "MarkEventsAsRead",
            || event::read_request(events),
            |mut api, request| async move { api.mark_events_as_read(request).await },
            Ok,
        )
        .await
    }
}

fn tolerant(message: v1::Event) -> Streamed<Event> {
    let id = EventId::new(message.id);
    event::read_streamed(message).unwrap_or_else(|fault| {
        tracing::warn!(%fault, "malformed event");
        Streamed::News(Event {
            id,
            created: None,
            content: EventContent::Other,
        })
    })
}
