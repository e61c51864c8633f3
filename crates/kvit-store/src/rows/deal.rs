//! Deals, with their advertisement and chat.

use kvit_domain::{
    advertisement::Advertisement,
    deal::Deal,
    feedback::Feedback,
    id::{AdvertisementId, DealId, MessageId, PaymentId},
    message::Message,
    money::{Fiat, Sats},
    person::Person,
};
use serde::{Deserialize, Serialize};

use super::words::deal_status_word;
use crate::{
    fault::StoreFault,
    rows::{Named, PicturesRow, deal_status, decimal, odd, parse, parse_some, sats, some_sats, text_of},
};

/// A sum of fiat: number and currency.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FiatRow(String, String);

impl From<Fiat> for FiatRow {
    fn from(fiat: Fiat) -> Self {
        Self(fiat.amount().to_string(), fiat.currency().to_string())
    }
}

impl FiatRow {
    pub(crate) fn fiat(&self) -> Result<Fiat, StoreFault> {
        let Self(amount, currency) = self;
        Fiat::new(decimal("sum of fiat", amount)?, parse("currency", currency)?)
            .map_err(|_| odd("sum of fiat"))
    }
}

/// Words about somebody.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FeedbackRow {
    positive: bool,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<String>,
}

impl From<&Feedback> for FeedbackRow {
    fn from(feedback: &Feedback) -> Self {
        Self {
            positive: feedback.positive,
            text: feedback.text.clone(),
            created: feedback.created.map(text_of),
        }
    }
}

impl FeedbackRow {
    pub(crate) fn feedback(self) -> Result<Feedback, StoreFault> {
        Ok(Feedback {
            positive: self.positive,
            created: parse_some("time of feedback", self.created.as_deref())?,
            text: self.text,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct AdvertisementRow {
    id: u64,
    owner_buys: bool,
    price: FiatRow,
    min: FiatRow,
    max: FiatRow,
    country: String,
    payment_type: String,
    title: String,
    terms: String,
    window_minutes: u32,
    enabled: bool,
    owner: Named,
}

impl From<&Advertisement> for AdvertisementRow {
    fn from(ad: &Advertisement) -> Self {
        Self {
            id: ad.id.get(),
            owner_buys: ad.owner_buys,
            price: ad.price.into(),
            min: ad.min.into(),
            max: ad.max.into(),
            country: ad.country.clone(),
            payment_type: ad.payment_type.clone(),
            title: ad.title.clone(),
            terms: ad.terms.clone(),
            window_minutes: ad.window_minutes,
            enabled: ad.enabled,
            owner: Named::from(&ad.owner),
        }
    }
}

/// A message; no author: the arbiter.
#[derive(Debug, Serialize, Deserialize)]
struct MessageRow {
    id: u64,
    created: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    text: String,
    pictures: PicturesRow,
}

/// A deal.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DealRow {
    id: u64,
    fiat: FiatRow,
    amount: i64,
    created: String,
    status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completed: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    canceled: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disputed: Option<String>,
    fiat_declared: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fiat_declared_at: Option<String>,
    ad: AdvertisementRow,
    owner: Named,
    initiator: Named,
    #[serde(default)]
    messages: Vec<MessageRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fee: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner_feedback: Option<FeedbackRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    initiator_feedback: Option<FeedbackRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payment: Option<u64>,
}

impl From<&Deal> for DealRow {
    fn from(deal: &Deal) -> Self {
        Self {
            id: deal.id.get(),
            fiat: deal.fiat.into(),
            amount: deal.amount.get(),
            created: text_of(deal.created),
            status: deal_status_word(deal.status).to_owned(),
            completed: deal.completed.map(text_of),
            canceled: deal.canceled.map(text_of),
            disputed: deal.disputed.map(text_of),
            fiat_declared: deal.fiat_declared,
            fiat_declared_at: deal.fiat_declared_at.map(text_of),
            ad: AdvertisementRow::from(&deal.ad),
            owner: Named::from(&deal.owner),
            initiator: Named::from(&deal.initiator),
            messages: deal
                .messages
                .iter()
                .map(|message| MessageRow {
                    id: message.id.get(),
                    created: text_of(message.created),
                    author: message.author.map(|author| author.to_string()),
                    text: message.text.clone(),
                    pictures: PicturesRow::from(&message.pictures),
                })
                .collect(),
            fee: deal.fee.map(Sats::get),
            owner_feedback: deal.owner_feedback.as_ref().map(FeedbackRow::from),
            initiator_feedback: deal.initiator_feedback.as_ref().map(FeedbackRow::from),
            payment: deal.payment.map(PaymentId::get),
        }
    }
}

impl DealRow {
    /// Pictures of each message of the chat, as they lie here.
    pub(crate) fn pictures(&self) -> Vec<PicturesRow> {
        self.messages
            .iter()
            .map(|message| message.pictures.clone())
            .collect()
    }

    /// The deal; `person` says who somebody is.
    pub(crate) fn deal(
        self,
        person: &mut dyn FnMut(&Named) -> Result<Person, StoreFault>,
    ) -> Result<Deal, StoreFault> {
        Ok(Deal {
            id: DealId::new(self.id).ok_or_else(|| odd("number of a deal"))?,
            fiat: self.fiat.fiat()?,
            amount: sats("amount of a deal", self.amount)?,
            created: parse("time of a deal", &self.created)?,
            status: deal_status(&self.status)?,
            completed: parse_some("end of a deal", self.completed.as_deref())?,
            canceled: parse_some("end of a deal", self.canceled.as_deref())?,
            disputed: parse_some("dispute of a deal", self.disputed.as_deref())?,
            fiat_declared: self.fiat_declared,
            fiat_declared_at: parse_some("declaration in a deal", self.fiat_declared_at.as_deref())?,
            ad: Advertisement {
                id: AdvertisementId::new(self.ad.id).ok_or_else(|| odd("number of an advertisement"))?,
                owner_buys: self.ad.owner_buys,
                price: self.ad.price.fiat()?,
                min: self.ad.min.fiat()?,
                max: self.ad.max.fiat()?,
                country: self.ad.country,
                payment_type: self.ad.payment_type,
                title: self.ad.title,
                terms: self.ad.terms,
                window_minutes: self.ad.window_minutes,
                enabled: self.ad.enabled,
                owner: person(&self.ad.owner)?,
            },
            owner: person(&self.owner)?,
            initiator: person(&self.initiator)?,
            messages: self
                .messages
                .into_iter()
                .map(|message| {
                    Ok(Message {
                        id: MessageId::new(message.id).ok_or_else(|| odd("number of a message"))?,
                        created: parse("time of a message", &message.created)?,
                        author: parse_some("author of a message", message.author.as_deref())?,
                        text: message.text,
                        pictures: message.pictures.names(),
                    })
                })
                .collect::<Result<_, StoreFault>>()?,
            fee: some_sats("fee of a deal", self.fee)?,
            owner_feedback: self.owner_feedback.map(FeedbackRow::feedback).transpose()?,
            initiator_feedback: self.initiator_feedback.map(FeedbackRow::feedback).transpose()?,
            payment: match self.payment {
                Some(number) => Some(PaymentId::new(number).ok_or_else(|| odd("payment of a deal"))?),
                None => None,
            },
        })
    }
}

/// Everybody a deal names.
pub(crate) fn people(deal: &Deal) -> [&Person; 3] {
    [&deal.owner, &deal.initiator, &deal.ad.owner]
}
