//! What the store has of a subject.

use kvit_domain::{
    Timestamp,
    deal::Deal,
    id::{PaymentId, UserId},
    message::Talk,
    picture::PictureId,
};
use kvit_proof::bundle::{ItemKind, MAX_ITEMS};
use kvit_store::{Page, PictureSize, Store, StoreFault};

use super::{EvidenceItem, EvidenceSubject, records};

/// Messages of one talk; no bundle holds more items.
const MESSAGES: u32 = 20_000;
const _: () = assert!(MESSAGES as usize >= MAX_ITEMS);

/// Characters of what an item says.
const WORDS: usize = 80;

/// Something that can go into a bundle.
pub(super) struct Part {
    pub(super) id: String,
    pub(super) kind: ItemKind,
    at: Option<Timestamp>,
    words: String,
    content: Content,
}

enum Content {
    Bytes(Vec<u8>),
    /// Read when it is its turn; so many bytes.
    Picture(PictureId, u64),
}

impl Part {
    fn new(id: String, kind: ItemKind, at: Option<Timestamp>, words: &str, bytes: Vec<u8>) -> Self {
        Self {
            id,
            kind,
            at,
            words: words.chars().take(WORDS).collect(),
            content: Content::Bytes(bytes),
        }
    }

    /// As the person sees it.
    pub(super) fn item(&self) -> EvidenceItem {
        EvidenceItem {
            id: self.id.clone(),
            kind: self.kind,
            at: self.at,
            words: self.words.clone(),
            size: match &self.content {
                Content::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
                Content::Picture(_, length) => *length,
            },
        }
    }

    /// What goes into the bundle; `None` of a picture that is not kept any more.
    pub(super) fn bytes(&self, store: &Store) -> Result<Option<Vec<u8>>, StoreFault> {
        match &self.content {
            Content::Bytes(bytes) => Ok(Some(bytes.clone())),
            Content::Picture(id, _) => store.picture_bytes(*id, PictureSize::Original),
        }
    }
}

/// Everything about a subject, in the order of a bundle; nothing if it is not kept here.
pub(super) fn gather(store: &Store, subject: EvidenceSubject, me: UserId) -> Result<Vec<Part>, StoreFault> {
    let mut parts = Vec::new();
    match subject {
        EvidenceSubject::Payment(id) => {
            let Some(kept) = store.payment(id)? else {
                return Ok(parts);
            };
            let payment = kept.payment;
            of_payment(store, id, &mut parts)?;
            for refund in store.refund_payments_of(id)?.into_iter().rev() {
                of_payment(store, refund, &mut parts)?;
            }
            of_talk(
                store,
                Talk::Invoice {
                    invoice: payment.invoice.id,
                    buyer: payment.buyer.id,
                },
                me,
                &mut parts,
            )?;
            of_talk(store, Talk::Payment(id), me, &mut parts)?;
            // A deal that was read on its own says more than the copy in the payment.
            let read = store.deal_of_payment(id)?.map(|kept| kept.deal);
            if let Some(deal) = read.or_else(|| payment.deal.map(|deal| *deal)) {
                of_deal(store, &deal, me, &mut parts)?;
            }
            of_operations(store, id, &mut parts)?;
        }
        EvidenceSubject::Deal(id) => {
            let Some(kept) = store.deal(id)? else {
                return Ok(parts);
            };
            let payment = kept.deal.payment;
            if let Some(payment) = payment {
                of_payment(store, payment, &mut parts)?;
            }
            of_deal(store, &kept.deal, me, &mut parts)?;
            if let Some(payment) = payment {
                of_operations(store, payment, &mut parts)?;
            }
        }
    }
    Ok(parts)
}

/// The receipt, the payment, what was said of it and where that contradicts itself.
fn of_payment(store: &Store, id: PaymentId, parts: &mut Vec<Part>) -> Result<(), StoreFault> {
    let Some(kept) = store.payment(id)? else {
        return Ok(());
    };
    let receipt = store.receipt(id)?;
    if let Some(receipt) = &receipt {
        parts.push(Part::new(
            format!("receipt/{id}"),
            ItemKind::Receipt,
            Some(receipt.first_seen),
            &id.to_string(),
            receipt.text.clone().into_bytes(),
        ));
    }
    parts.push(Part::new(
        format!("payment/{id}"),
        ItemKind::Payment,
        Some(kept.read),
        &kept.payment.invoice.comment,
        records::payment(&kept, receipt.as_ref()),
    ));
    let said = store.said_of(id)?;
    if let Some(last) = said.last() {
        parts.push(Part::new(
            format!("said/{id}"),
            ItemKind::Said,
            Some(last.at),
            &last.value,
            records::said(&said),
        ));
    }
    let notices = store.notices_of(id)?;
    if let Some(last) = notices.last() {
        parts.push(Part::new(
            format!("notices/{id}"),
            ItemKind::Notices,
            Some(last.noticed),
            "",
            records::notices(&notices),
        ));
    }
    Ok(())
}

fn of_deal(store: &Store, deal: &Deal, me: UserId, parts: &mut Vec<Part>) -> Result<(), StoreFault> {
    parts.push(Part::new(
        format!("deal/{}", deal.id),
        ItemKind::Deal,
        Some(deal.created),
        &deal.ad.title,
        records::deal(deal, me),
    ));
    of_talk(store, Talk::Deal(deal.id), me, parts)
}

/// Each message, with its pictures behind it.
fn of_talk(store: &Store, talk: Talk, me: UserId, parts: &mut Vec<Part>) -> Result<(), StoreFault> {
    for kept in store.messages(talk, Page::Last, MESSAGES)? {
        let message = &kept.message;
        let mut pictures = Vec::new();
        for id in &message.pictures {
            pictures.push((*id, store.picture(*id)?));
        }
        parts.push(Part::new(
            format!("message/{talk}/{}", message.id),
            ItemKind::Message,
            Some(message.created),
            &message.text,
            records::message(talk, &kept, &pictures, me),
        ));
        for (id, row) in pictures {
            // Only what is kept whole can be given away.
            let Some(row) = row.filter(|row| row.length > 0) else {
                continue;
            };
            if store.picture_bytes(id, PictureSize::Original)?.is_none() {
                continue;
            }
            parts.push(Part {
                id: format!("picture/{id}"),
                kind: ItemKind::Picture,
                at: Some(message.created),
                words: row.name.chars().take(WORDS).collect(),
                content: Content::Picture(id, row.length),
            });
        }
    }
    Ok(())
}

fn of_operations(store: &Store, payment: PaymentId, parts: &mut Vec<Part>) -> Result<(), StoreFault> {
    for (_, row) in store.operations_about(payment)? {
        let steps = store.steps(row.id)?;
        parts.push(Part::new(
            format!("operation/{}", row.id),
            ItemKind::Operation,
            Some(row.prepared),
            &row.act,
            records::operation(&row, &steps),
        ));
    }
    Ok(())
}
