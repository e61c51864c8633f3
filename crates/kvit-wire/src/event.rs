//! Events (section 15.5).

use kvit_domain::{
    event::{Event, EventContent, Streamed},
    id::EventId,
};
use kvit_proto::v1;

use crate::{
    balance, conversation, deal, invoice,
    path::{Path, Reason, WireFault},
    payment, time,
};

/// Most stored events in one answer.
const LIST_LIMIT: usize = 10_000;

/// A message of SubscribeNewEvents.
pub fn read_streamed(message: v1::Event) -> Result<Streamed<Event>, WireFault> {
    if matches!(message.content, Some(v1::event::Content::KeepAlive(_))) {
        return Ok(Streamed::Heartbeat);
    }
    read(message, &Path::ROOT).map(Streamed::News)
}

/// An event. Number 0 is a live one that the server does not store.
pub fn read(message: v1::Event, path: &Path<'_>) -> Result<Event, WireFault> {
    use v1::event::Content;
    let id = read_id(message.id, path)?;
    let created = time::optional(message.created_at, &path.field("CreatedAt"))?;
    let content = match message.content {
        Some(Content::DealNew(deal)) => {
            EventContent::Deal(Box::new(deal::read(deal, &path.field("DealNew"))?))
        }
        Some(Content::DealStatusChanged(deal)) => {
            EventContent::Deal(Box::new(deal::read(deal, &path.field("DealStatusChanged"))?))
        }
        Some(Content::DealFiatPayed(deal)) => {
            EventContent::Deal(Box::new(deal::read(deal, &path.field("DealFiatPayed"))?))
        }
        Some(Content::DealDisputeCreated(deal)) => {
            EventContent::Deal(Box::new(deal::read(deal, &path.field("DealDisputeCreated"))?))
        }
        Some(Content::DealNewMessage(deal)) => {
            EventContent::DealMessage(Box::new(deal::read(deal, &path.field("DealNewMessage"))?))
        }
        Some(Content::Balance(balance)) => {
            EventContent::Balance(balance::read(balance, &path.field("Balance"))?)
        }
        Some(Content::InvoiceNew(invoice)) => {
            EventContent::InvoiceNew(Box::new(invoice::read(invoice, &path.field("InvoiceNew"))?))
        }
        Some(Content::InvoicePayed(invoice)) => {
            EventContent::InvoicePaid(Box::new(invoice::read(invoice, &path.field("InvoicePayed"))?))
        }
        Some(Content::InvoiceDeleted(invoice)) => {
            EventContent::InvoiceDeleted(Box::new(invoice::read(invoice, &path.field("InvoiceDeleted"))?))
        }
        Some(Content::InvoicePaymentNew(payment)) => EventContent::Payment(Box::new(payment::read(
            payment,
            &path.field("InvoicePaymentNew"),
        )?)),
        Some(Content::InvoicePaymentUpdated(payment)) => EventContent::Payment(Box::new(payment::read(
            payment,
            &path.field("InvoicePaymentUpdated"),
        )?)),
        Some(Content::ConversationNewMessage(conversation)) => EventContent::ConversationMessage(Box::new(
            conversation::read(conversation, &path.field("ConversationNewMessage"))?,
        )),
        // A kind this version does not know: fields may be added (section 3.2).
        Some(Content::KeepAlive(_)) | None => EventContent::Other,
    };
    Ok(Event { id, created, content })
}

/// The number of an event; 0 is none.
pub fn read_id(id: u64, path: &Path<'_>) -> Result<Option<EventId>, WireFault> {
    match id {
        0 => Ok(None),
        id => EventId::new(id)
            .map(Some)
            .ok_or_else(|| path.field("id").fault(Reason::Number)),
    }
}

/// The answer of GetUserEvents.
pub fn read_list(message: v1::GetUserEventsResponse) -> Result<Vec<Event>, WireFault> {
    Path::ROOT.field("Events").list(message.events, LIST_LIMIT, read)
}

/// The message for an event. What this version does not know is written without content.
pub fn write(event: &Event) -> v1::Event {
    use v1::event::Content;
    v1::Event {
        id: event.id.map_or(0, EventId::get),
        created_at: event.created.map(|created| time::message(Some(created))),
        content: match &event.content {
            EventContent::Deal(deal) => Some(Content::DealNew(deal::write(deal))),
            EventContent::DealMessage(deal) => Some(Content::DealNewMessage(deal::write(deal))),
            EventContent::Balance(balance) => Some(Content::Balance(balance::write(balance))),
            EventContent::InvoiceNew(invoice) => Some(Content::InvoiceNew(invoice::write(invoice))),
            EventContent::InvoicePaid(invoice) => Some(Content::InvoicePayed(invoice::write(invoice))),
            EventContent::InvoiceDeleted(invoice) => Some(Content::InvoiceDeleted(invoice::write(invoice))),
            EventContent::Payment(payment) => Some(Content::InvoicePaymentUpdated(payment::write(payment))),
            EventContent::ConversationMessage(conversation) => {
                Some(Content::ConversationNewMessage(conversation::write(conversation)))
            }
            EventContent::Other => None,
        },
    }
}

/// The heartbeat of SubscribeNewEvents.
pub fn heartbeat() -> v1::Event {
    v1::Event {
        content: Some(v1::event::Content::KeepAlive(true)),
        ..v1::Event::default()
    }
}

/// The request of MarkEventsAsRead.
pub fn read_request(events: &[EventId]) -> v1::MarkEventsAsReadRequest {
    v1::MarkEventsAsReadRequest {
        id: events.iter().map(|event| event.get()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;
    use crate::samples;

    #[test]
    fn heartbeats_are_told_apart() {
        assert_eq!(read_streamed(heartbeat()), Ok(Streamed::Heartbeat));
        let unknown = v1::Event {
            id: 7,
            ..v1::Event::default()
        };
        let Ok(Streamed::News(event)) = read_streamed(unknown) else {
            panic!("an unknown event is news");
        };
        assert_eq!((event.id, event.content), (EventId::new(7), EventContent::Other));
    }

    #[test]
    fn every_kind_of_deal_event_is_a_deal() {
        use v1::event::Content;
        let empty = v1::Deal::default;
        for (content, name) in [
            (Content::DealNew(empty()), "DealNew"),
            (Content::DealStatusChanged(empty()), "DealStatusChanged"),
            (Content::DealFiatPayed(empty()), "DealFiatPayed"),
            (Content::DealDisputeCreated(empty()), "DealDisputeCreated"),
            (Content::DealNewMessage(empty()), "DealNewMessage"),
        ] {
            let message = v1::Event {
                content: Some(content),
                ..v1::Event::default()
            };
            assert_eq!(
                read_streamed(message).unwrap_err().path,
                format!("{name}.Advertisement")
            );
        }
    }

    proptest! {
        #[test]
        fn events_survive(event in samples::event()) {
            let bytes = write(&event).encode_to_vec();
            let message = v1::Event::decode(bytes.as_slice()).unwrap();
            prop_assert_eq!(read_streamed(message), Ok(Streamed::News(event)));
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(message) = v1::Event::decode(bytes.as_slice()) {
                let _ = read_streamed(message);
            }
        }
    }
}
