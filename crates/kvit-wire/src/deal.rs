//! Deals and their chat (section 5.4).

use kvit_domain::{
    deal::{Deal, DealStatus},
    feedback::Feedback,
    id::{DealId, MessageId, UserId},
    message::Message,
    picture::PictureId,
};
use kvit_proto::v1;

use crate::{
    advertisement, amount, feedback, invoice,
    path::{Path, Reason, WireFault},
    person, picture, text, time,
};

/// Most deals in a list.
const LIST_LIMIT: usize = 10_000;

/// Most messages of one deal.
const MESSAGES_LIMIT: usize = 10_000;

/// A deal. Of the payment it funds only the number is read: that payment holds this deal again.
pub fn read(message: v1::Deal, path: &Path<'_>) -> Result<Deal, WireFault> {
    use v1::deal::{AdOwnerFeedbackNullable, InitiatorFeedbackNullable, NullablePayment};
    let ad = {
        let path = path.field("Advertisement");
        advertisement::read(path.required(message.advertisement)?, &path)?
    };
    let owner_feedback = match message.ad_owner_feedback_nullable {
        Some(AdOwnerFeedbackNullable::AdOwnerFeedback(said)) => {
            Some(feedback::read_deal(said, &path.field("AdOwnerFeedback"))?)
        }
        Some(AdOwnerFeedbackNullable::AdOwnerFeedbackIsnull(_)) | None => None,
    };
    let initiator_feedback = match message.initiator_feedback_nullable {
        Some(InitiatorFeedbackNullable::InitiatorFeedback(said)) => {
            Some(feedback::read_deal(said, &path.field("InitiatorFeedback"))?)
        }
        Some(InitiatorFeedbackNullable::InitiatorFeedbackIsNull(_)) | None => None,
    };
    let payment = match message.nullable_payment {
        Some(NullablePayment::Payment(payment)) => Some(invoice::payment_id(
            payment.id,
            &path.field("Payment").field("Id"),
        )?),
        Some(NullablePayment::PaymentIsNull(_)) | None => None,
    };
    let mut messages = path
        .field("Messages")
        .list(message.messages, MESSAGES_LIMIT, read_message)?;
    messages.sort_by_key(|message| message.id);
    Ok(Deal {
        id: DealId::new(message.id).ok_or_else(|| path.field("Id").fault(Reason::Number))?,
        fiat: amount::fiat(
            message.fiat_amount,
            ad.price.currency(),
            &path.field("FiatAmount"),
        )?,
        amount: amount::sats(message.crypto_amount, &path.field("CryptoAmount"))?,
        created: time::required(message.created_at, &path.field("CreatedAt"))?,
        status: read_status(message.status, &path.field("Status"))?,
        completed: time::optional(message.completed_at, &path.field("CompletedAt"))?,
        canceled: time::optional(message.canceled_at, &path.field("CanceledAt"))?,
        disputed: time::optional(message.disputed_at, &path.field("DisputedAt"))?,
        fiat_declared: message.is_fiat_payed,
        fiat_declared_at: time::optional(message.fiat_payed_at, &path.field("FiatPayedAt"))?,
        ad,
        owner: {
            let path = path.field("AdOwnerInfo");
            person::read(path.required(message.ad_owner_info)?, &path)?
        },
        initiator: {
            let path = path.field("Initiator");
            person::read(path.required(message.initiator)?, &path)?
        },
        messages,
        fee: amount::sats_text(&message.fee, &path.field("Fee"))?,
        owner_feedback,
        initiator_feedback,
        payment,
    })
}

/// A message of the chat; an empty author is the arbiter.
pub fn read_message(message: v1::DealMessage, path: &Path<'_>) -> Result<Message, WireFault> {
    let author = match person::read_id(&message.owner_id, &path.field("OwnerId"))? {
        UserId::Marketplace => None,
        person => Some(person),
    };
    Ok(Message {
        id: MessageId::new(message.id).ok_or_else(|| path.field("Id").fault(Reason::Number))?,
        created: time::required(message.created_at, &path.field("CreatedAt"))?,
        author,
        text: text::text(message.text, &path.field("Text"))?,
        pictures: picture::read_ids(&message.image_ids, &path.field("ImageIds"))?,
    })
}

/// The answer of GetMyDeals.
pub fn read_list(message: v1::GetMyDealsResponse) -> Result<Vec<Deal>, WireFault> {
    Path::ROOT.field("Deals").list(message.deals, LIST_LIMIT, read)
}

/// The answer of CancelDeal.
pub fn read_canceled(message: v1::CancelDealResponse) -> Result<Deal, WireFault> {
    let path = Path::ROOT;
    let path = path.field("deal");
    read(path.required(message.deal)?, &path)
}

/// The answer of IPayed.
pub fn read_declared(message: v1::IPayedResponse) -> Result<Deal, WireFault> {
    let path = Path::ROOT;
    let path = path.field("deal");
    read(path.required(message.deal)?, &path)
}

/// The answer of SendMessage.
pub fn read_sent(message: v1::SendMessageResponse) -> Result<Message, WireFault> {
    let path = Path::ROOT;
    let path = path.field("Message");
    read_message(path.required(message.message)?, &path)
}

fn read_status(value: i32, path: &Path<'_>) -> Result<DealStatus, WireFault> {
    Ok(
        match v1::DealStatus::try_from(value).map_err(|_| path.fault(Reason::Value))? {
            v1::DealStatus::Opened => DealStatus::Opened,
            v1::DealStatus::Completed => DealStatus::Completed,
            v1::DealStatus::Canceled => DealStatus::Canceled,
            v1::DealStatus::Disputed => DealStatus::Disputed,
            v1::DealStatus::WaitDeposit => DealStatus::WaitDeposit,
        },
    )
}

fn write_status(status: DealStatus) -> v1::DealStatus {
    match status {
        DealStatus::Opened => v1::DealStatus::Opened,
        DealStatus::Completed => v1::DealStatus::Completed,
        DealStatus::Canceled => v1::DealStatus::Canceled,
        DealStatus::Disputed => v1::DealStatus::Disputed,
        DealStatus::WaitDeposit => v1::DealStatus::WaitDeposit,
    }
}

/// The message for a deal.
pub fn write(deal: &Deal) -> v1::Deal {
    use v1::deal::{AdOwnerFeedbackNullable, InitiatorFeedbackNullable, NullablePayment, Withdrawal};
    v1::Deal {
        id: deal.id.get(),
        fiat_amount: amount::decimal_message(deal.fiat.amount()),
        crypto_amount: Some(amount::sats_message(deal.amount)),
        created_at: Some(time::message(Some(deal.created))),
        status: write_status(deal.status).into(),
        completed_at: Some(time::message(deal.completed)),
        canceled_at: Some(time::message(deal.canceled)),
        disputed_at: Some(time::message(deal.disputed)),
        is_fiat_payed: deal.fiat_declared,
        advertisement: Some(advertisement::write(&deal.ad)),
        ad_owner_info: Some(person::write(&deal.owner)),
        initiator: Some(person::write(&deal.initiator)),
        messages: deal.messages.iter().map(write_message).collect(),
        fee: deal.fee.map(|fee| fee.to_btc().to_string()).unwrap_or_default(),
        ad_owner_feedback_nullable: Some(match &deal.owner_feedback {
            Some(said) => AdOwnerFeedbackNullable::AdOwnerFeedback(feedback::write_deal(said)),
            None => AdOwnerFeedbackNullable::AdOwnerFeedbackIsnull(true),
        }),
        initiator_feedback_nullable: Some(match &deal.initiator_feedback {
            Some(said) => InitiatorFeedbackNullable::InitiatorFeedback(feedback::write_deal(said)),
            None => InitiatorFeedbackNullable::InitiatorFeedbackIsNull(true),
        }),
        fiat_payed_at: Some(time::message(deal.fiat_declared_at)),
        nullable_payment: Some(match deal.payment {
            Some(id) => NullablePayment::Payment(Box::new(v1::InvoicePayment {
                id: id.get(),
                ..v1::InvoicePayment::default()
            })),
            None => NullablePayment::PaymentIsNull(true),
        }),
        withdrawal: Some(Withdrawal::NoWithdrawal(true)),
        ..v1::Deal::default()
    }
}

/// The message for a message of the chat.
pub fn write_message(message: &Message) -> v1::DealMessage {
    v1::DealMessage {
        id: message.id.get(),
        created_at: Some(time::message(Some(message.created))),
        owner_id: message
            .author
            .map(|author| author.to_string())
            .unwrap_or_default(),
        text: message.text.clone(),
        image_ids: picture::write_ids(&message.pictures),
    }
}

/// The request of GetMyDeals: newest first, which the server takes from the sign of the count (section 13.6).
pub fn list_request(statuses: &[DealStatus], count: u32) -> v1::GetMyDealsRequest {
    v1::GetMyDealsRequest {
        status: statuses
            .iter()
            .map(|status| write_status(*status).into())
            .collect(),
        deal_id: 0,
        load_count: i32::try_from(count.clamp(1, 10_000)).map_or(-1, |count| -count),
    }
}

/// The request of GetDealById.
pub fn request(deal: DealId) -> v1::GetDealByIdRequest {
    v1::GetDealByIdRequest { id: deal.get() }
}

/// The request of SendMessage.
pub fn message_request(deal: DealId, text: &str, pictures: &[PictureId]) -> v1::SendMessageRequest {
    v1::SendMessageRequest {
        deal_id: deal.get(),
        text: text.to_owned(),
        image_ids: picture::write_ids(pictures),
    }
}

/// The request of SendFeedback.
pub fn feedback_request(deal: DealId, said: &Feedback) -> v1::SendFeedbackRequest {
    v1::SendFeedbackRequest {
        deal_id: deal.get(),
        is_positive: said.positive,
        text: said.text.clone(),
    }
}

/// The request of IPayed.
pub fn declare_request(deal: DealId) -> v1::IPayedRequest {
    v1::IPayedRequest { deal_id: deal.get() }
}

/// The request of CancelDeal.
pub fn cancel_request(deal: DealId) -> v1::CancelDealRequest {
    v1::CancelDealRequest { deal_id: deal.get() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;
    use crate::samples;

    #[test]
    fn deals_are_asked_for_newest_first() {
        let request = list_request(&DealStatus::ALL, 30);
        assert_eq!(
            (request.load_count, request.status.as_slice()),
            (-30, &[0, 1, 2, 3, 4][..])
        );
        assert_eq!(list_request(&DealStatus::ALL, 0).load_count, -1);
    }

    proptest! {
        #[test]
        fn deals_survive(deal in samples::deal()) {
            let bytes = write(&deal).encode_to_vec();
            let message = v1::Deal::decode(bytes.as_slice()).unwrap();
            prop_assert_eq!(read(message, &Path::ROOT), Ok(deal));
        }

        #[test]
        fn the_chat_is_in_order(mut deal in samples::deal()) {
            let expected = deal.clone();
            deal.messages.reverse();
            prop_assert_eq!(read(write(&deal), &Path::ROOT), Ok(expected));
        }

        #[test]
        fn nothing_required_is_assumed(deal in samples::deal()) {
            type Spoil = fn(&mut v1::Deal);
            let cases: [(&str, Reason, Spoil); 11] = [
                ("Id", Reason::Number, |m| m.id = 0),
                ("FiatAmount", Reason::Missing, |m| m.fiat_amount = None),
                ("FiatAmount", Reason::Zero, |m| m.fiat_amount = Some(v1::Decimal::default())),
                ("CryptoAmount", Reason::Missing, |m| m.crypto_amount = None),
                ("CryptoAmount", Reason::Zero, |m| m.crypto_amount = Some(v1::Decimal::default())),
                ("Advertisement", Reason::Missing, |m| m.advertisement = None),
                ("AdOwnerInfo", Reason::Missing, |m| m.ad_owner_info = None),
                ("Initiator", Reason::Missing, |m| m.initiator = None),
                ("Status", Reason::Value, |m| m.status = 5),
                ("Fee", Reason::Amount, |m| m.fee = "1e-8".into()),
                ("Payment.Id", Reason::Number, |m| m.nullable_payment =
                    Some(v1::deal::NullablePayment::Payment(Box::default()))),
            ];
            for (name, reason, spoil) in cases {
                let mut message = write(&deal);
                spoil(&mut message);
                let fault = read_list(v1::GetMyDealsResponse { deals: vec![message] }).unwrap_err();
                prop_assert_eq!(fault, WireFault { path: format!("Deals[0].{name}"), reason });
            }
        }
    }
}
