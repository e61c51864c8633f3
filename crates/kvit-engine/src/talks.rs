//! Talks: conversations about invoices and payments and the chats of deals, one list of all, answered from the store at
//! once. What the marketplace says of them is taken in by [`copies`]; what a person reads of one is made in [`lines`].

mod copies;
mod first;
mod lines;

use std::sync::Arc;

use kvit_domain::{
    Timestamp,
    deal::Deal,
    fault::{Fault, FaultCode, MoneyMoved},
    id::{InvoiceId, MessageId, PaymentId, UserId},
    invoice::Invoice,
    message::Talk,
    payment::{Payment, PaymentStatus},
    person::Person,
};
use kvit_store::{KeptTalk, LastWords, TalksQuery};

pub use lines::{TalkLine, TalkLines};

use crate::{
    account::AccountId,
    engine::Engine,
    open_account::{OpenAccount, Reread},
    outgoing::OutgoingState,
    shell::{Shell, Topic},
};

/// Most rows of a page of the list.
const ROWS: u32 = 100;

/// A row of the list of talks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedTalk {
    /// Which.
    pub talk: Talk,
    /// With whom.
    pub with: Person,
    /// What it is about, in a stranger's words.
    pub subject: String,
    /// The newest message; `None`: nothing was said yet.
    pub last: Option<LastWords>,
    /// Messages of the other side that were not read.
    pub unread: u32,
    /// The person's messages that are not delivered yet.
    pub on_their_way: u32,
    /// Those that failed.
    pub failed: u32,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TalksPage {
    /// The rows, newest words first.
    pub rows: Vec<ListedTalk>,
    /// Rows of the whole list.
    pub total: u32,
    /// Who the person is, once known.
    pub me: Option<UserId>,
}

/// What a talk is about, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Beside {
    /// An invoice, before a purchase.
    Invoice(Box<Invoice>),
    /// A purchase.
    Payment(Box<Payment>),
    /// A deal.
    Deal(Box<Deal>),
}

/// A talk as this person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenTalk {
    /// Which.
    pub talk: Talk,
    /// Who the person is.
    pub me: UserId,
    /// With whom.
    pub with: Person,
    /// What it is about, in a stranger's words.
    pub subject: String,
    /// What it is about; `None`: it is not there any more, and there is no copy.
    pub beside: Option<Beside>,
    /// Something was said in it.
    pub begun: bool,
    /// The person deleted it; something new brings it back.
    pub hidden: bool,
    /// Messages of the other side that were not read.
    pub unread: u32,
    /// The newest message that was read.
    pub read_to: Option<MessageId>,
    /// Why nothing can be written.
    pub closed: Option<FaultCode>,
    /// When it was read at the marketplace; `None`: it is not known there.
    pub read: Option<Timestamp>,
}

/// What deleting a talk did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TalkDeleted {
    /// The marketplace hides it from the person, everywhere.
    AtMarketplace,
    /// It is hidden here only: the chat of a deal, one that nobody there knows of, or one that the marketplace does not let
    /// this person delete (section 20, row 43).
    OnlyHere,
}

/// Whom a talk is with, and whether anything can be written.
pub(crate) struct Parties {
    /// The other side.
    pub(crate) with: Person,
    /// What it is about, in a stranger's words.
    pub(crate) subject: String,
    /// Why nothing can be written.
    pub(crate) closed: Option<FaultCode>,
}

impl<S: Shell> Engine<S> {
    /// Talks, newest words first, from the store: `count` rows, at most 100, from the row at `from`.
    ///
    /// # Errors
    /// Why the store is not open.
    pub async fn talks(&self, query: &TalksQuery, from: u32, count: u32) -> Result<TalksPage, Fault> {
        let account = self.opened()?;
        let (query, count) = (query.clone(), count.min(ROWS));
        let (kept, total) = account
            .ask_behind(move |store| store.talks(&query, from, count))
            .await?;
        let rows = kept
            .into_iter()
            .map(|kept| listed(&account, kept))
            .collect::<Result<Vec<_>, Fault>>()?;
        Ok(TalksPage {
            rows,
            total,
            me: account.me().ok(),
        })
    }

    /// A talk, from the store at once; it is read again behind, and announced if that shows anything. Of one that was not
    /// begun, whom it would be with and whether it can be.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `PaymentNotFound`, `DealNotFound`; `ConversationNotAllowed` for one that cannot be begun; what
    /// stands in the way.
    pub async fn talk(&self, talk: Talk) -> Result<SeenTalk, Fault> {
        let account = self.opened()?;
        let seen = self.seen_talk(&account, talk).await?;
        self.reread_behind(&account, Reread::Talk(talk));
        Ok(seen)
    }

    /// A talk, read at the marketplace now; without a connection the copy.
    ///
    /// # Errors
    /// As [`Engine::talk`].
    pub async fn talk_now(&self, talk: Talk) -> Result<SeenTalk, Fault> {
        let account = self.opened()?;
        if let Err(fault) = self.reread_talk(&account, talk).await {
            tracing::info!(%fault, %talk, "the copy has to do");
        }
        self.seen_talk(&account, talk).await
    }

    async fn seen_talk(&self, account: &Arc<OpenAccount>, talk: Talk) -> Result<SeenTalk, Fault> {
        let Parties {
            with,
            subject,
            closed,
        } = self.parties(account, talk).await?;
        let kept = account.ask(|store| store.talk(talk))?;
        if kept.is_none()
            && let Some(code @ FaultCode::ConversationNotAllowed) = closed
        {
            return Err(code.into());
        }
        let newest = account.ask(|store| store.newest_message(talk))?;
        Ok(SeenTalk {
            talk,
            me: account.me()?,
            with,
            subject,
            beside: beside(account, talk)?,
            begun: newest.is_some(),
            hidden: kept.as_ref().is_some_and(|kept| kept.hidden),
            unread: kept.as_ref().map_or(0, |kept| kept.unread),
            read_to: kept.as_ref().and_then(|kept| kept.read_to),
            closed,
            read: kept
                .filter(|kept| kept.conversation.is_some() || matches!(talk, Talk::Deal(_)))
                .map(|kept| kept.read),
        })
    }

    /// The talk about an invoice, begun or not: with the seller, or, for the seller, with this buyer.
    ///
    /// # Errors
    /// `InvoiceNotFound`; `ConversationNotAllowed`: it cannot be begun, and was not; what stands in the way.
    pub async fn talk_about_invoice(&self, invoice: InvoiceId, buyer: Option<UserId>) -> Result<Talk, Fault> {
        let account = self.opened()?;
        let me = self.me().await?;
        let talk = |buyer| Talk::Invoice { invoice, buyer };
        let known = match account.ask(|store| store.invoice(invoice))? {
            Some((known, _)) => known,
            None => self.read_invoice(&account, invoice).await?,
        };
        let buyer = match buyer {
            _ if !known.is_owned_by(me) => me,
            Some(buyer) => buyer,
            None => known.target.map_or(me, |target| target.id),
        };
        self.seen_talk(&account, talk(buyer)).await?;
        Ok(talk(buyer))
    }

    /// The talk about a payment, begun or not.
    ///
    /// # Errors
    /// `PaymentNotFound`; `ConversationNotAllowed`: there can be none; what stands in the way.
    pub async fn talk_about_payment(&self, payment: PaymentId) -> Result<Talk, Fault> {
        let account = self.opened()?;
        let talk = Talk::Payment(payment);
        self.seen_talk(&account, talk).await?;
        Ok(talk)
    }

    /// The person has read a talk up to this message.
    ///
    /// # Errors
    /// `AccountChanged`; why the store is not open or cannot be written.
    pub fn read_talk(&self, account: AccountId, talk: Talk, up_to: MessageId) -> Result<(), Fault> {
        let account = self.opened_if(account)?;
        if account.ask(|store| store.talk(talk))?.is_some()
            && account.ask(|store| store.read_up_to(talk, up_to))?
        {
            self.announce_talk(&account, talk);
        }
        Ok(())
    }

    /// Deletes a talk: nobody but the person stops seeing it, and something new brings it back. Nothing of it is forgotten
    /// here.
    ///
    /// # Errors
    /// `AccountChanged`; `ConversationNotFound` for one that is not there at all; what stands in the way.
    pub async fn delete_talk(&self, account: AccountId, talk: Talk) -> Result<TalkDeleted, Fault> {
        let account = self.opened_if(account)?;
        let kept = account
            .ask(|store| store.talk(talk))?
            .ok_or(FaultCode::ConversationNotFound)?;
        let deleted = match kept.conversation {
            None => TalkDeleted::OnlyHere,
            Some(conversation) => {
                let session = self.session_of(account.id)?;
                match session.market.delete_conversation(conversation).await {
                    Ok(()) => TalkDeleted::AtMarketplace,
                    Err(fault)
                        if matches!(
                            fault.code,
                            FaultCode::ConversationNotFound | FaultCode::ConversationNotAllowed
                        ) =>
                    {
                        TalkDeleted::OnlyHere
                    }
                    Err(fault) => {
                        return Err(Fault {
                            money: MoneyMoved::No,
                            ..fault
                        });
                    }
                }
            }
        };
        account.ask(|store| store.hide_talk(talk, true))?;
        self.announce_talk(&account, talk);
        Ok(deleted)
    }

    /// Tells whoever shows a talk, the list, or how much is unread.
    pub(crate) fn announce_talk(&self, account: &OpenAccount, talk: Talk) {
        self.announce(account.id, &[Topic::Talk(talk), Topic::Talks, Topic::App]);
    }

    /// Whom a talk is with, and whether anything can be written: from the copy of what it is about, which is read now if
    /// there is none.
    ///
    /// # Errors
    /// As [`Engine::talk`].
    pub(crate) async fn parties(&self, account: &Arc<OpenAccount>, talk: Talk) -> Result<Parties, Fault> {
        let me = match account.me() {
            Ok(me) => me,
            Err(_) => self.me().await?,
        };
        let kept = account.ask(|store| store.talk(talk))?;
        let about = match beside(account, talk)? {
            Some(about) => about,
            None => match (self.read_beside(account, talk).await, &kept) {
                (Ok(about), _) => about,
                // What was said stays readable, whatever became of what it was about.
                (Err(fault), Some(kept)) => {
                    return Ok(Parties {
                        with: kept.with.clone(),
                        subject: kept.subject.clone(),
                        closed: is_gone(fault.code).then_some(fault.code),
                    });
                }
                (Err(fault), None) => return Err(fault),
            },
        };
        let begun = account.ask(|store| store.newest_message(talk))?.is_some();
        let (subject, closed) = match &about {
            Beside::Deal(deal) => (deal.ad.title.clone(), closed_deal(deal)),
            Beside::Payment(payment) => (payment.invoice.comment.clone(), closed_payment(payment)),
            Beside::Invoice(invoice) => (invoice.comment.clone(), closed_invoice(invoice, talk, me, begun)),
        };
        let with = match (about, kept) {
            (Beside::Deal(deal), _) => deal.counterparty(me).clone(),
            (Beside::Payment(payment), _) => payment.counterparty(me).clone(),
            (Beside::Invoice(invoice), _) if !invoice.is_owned_by(me) => invoice.owner,
            (Beside::Invoice(_), Some(kept)) => kept.with,
            (Beside::Invoice(invoice), None) => self.buyer_of(*invoice, talk).await?,
        };
        Ok(Parties {
            with,
            subject,
            closed,
        })
    }

    /// The buyer with whom the seller of an invoice would talk.
    async fn buyer_of(&self, invoice: Invoice, talk: Talk) -> Result<Person, Fault> {
        let Talk::Invoice { buyer, .. } = talk else {
            return Err(FaultCode::ConversationNotFound.into());
        };
        match invoice.target {
            Some(target) if target.id == buyer => Ok(target),
            _ => self.person(buyer).await,
        }
    }

    async fn read_beside(&self, account: &Arc<OpenAccount>, talk: Talk) -> Result<Beside, Fault> {
        match talk {
            Talk::Deal(id) => {
                let seen = self.reread_deal(account, id).await?;
                Ok(Beside::Deal(Box::new(seen.deal)))
            }
            Talk::Payment(id) => {
                let seen = self.reread_payment(account, id).await?;
                Ok(Beside::Payment(Box::new(seen.payment)))
            }
            Talk::Invoice { invoice, .. } => {
                let read = self.read_invoice(account, invoice).await?;
                Ok(Beside::Invoice(Box::new(read)))
            }
        }
    }

    /// Reads an invoice and keeps it.
    async fn read_invoice(&self, account: &Arc<OpenAccount>, id: InvoiceId) -> Result<Invoice, Fault> {
        let line = account.line().ok_or(FaultCode::NotConnected)?;
        let invoice = line.invoice(id).await?;
        let (copy, now) = (invoice.clone(), self.now());
        account
            .keep_behind(move |store| store.keep_invoice(copy, now))
            .await;
        Ok(invoice)
    }
}

fn listed(account: &OpenAccount, kept: KeptTalk) -> Result<ListedTalk, Fault> {
    let outgoing = account.outbox.of(kept.talk)?;
    let failed = outgoing
        .iter()
        .filter(|one| matches!(one.state, OutgoingState::Failed(_)))
        .count();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(ListedTalk {
        talk: kept.talk,
        with: kept.with,
        subject: kept.subject,
        last: kept.last,
        unread: kept.unread,
        on_their_way: count(outgoing.len().saturating_sub(failed)),
        failed: count(failed),
    })
}

/// The copy of what a talk is about.
fn beside(account: &OpenAccount, talk: Talk) -> Result<Option<Beside>, Fault> {
    Ok(match talk {
        Talk::Deal(id) => account
            .ask(|store| store.deal(id))?
            .map(|kept| Beside::Deal(Box::new(kept.deal))),
        Talk::Payment(id) => account
            .ask(|store| store.payment(id))?
            .map(|kept| Beside::Payment(Box::new(kept.payment))),
        Talk::Invoice { invoice, .. } => account
            .ask(|store| store.invoice(invoice))?
            .map(|(invoice, _)| Beside::Invoice(Box::new(invoice))),
    })
}

/// What it is about is not there any more, or not for this person.
fn is_gone(code: FaultCode) -> bool {
    matches!(
        code,
        FaultCode::InvoiceNotFound | FaultCode::PaymentNotFound | FaultCode::DealNotFound
    )
}

fn closed_deal(deal: &Deal) -> Option<FaultCode> {
    (!deal.can_write()).then_some(FaultCode::DealClosedForMessages)
}

fn closed_payment(payment: &Payment) -> Option<FaultCode> {
    if payment.status == PaymentStatus::Canceled {
        Some(FaultCode::PaymentCanceled)
    } else {
        (!payment.can_talk()).then_some(FaultCode::ConversationNotAllowed)
    }
}

/// One that was begun goes on, whoever may begin one.
fn closed_invoice(invoice: &Invoice, talk: Talk, me: UserId, begun: bool) -> Option<FaultCode> {
    let Talk::Invoice { buyer, .. } = talk else {
        return Some(FaultCode::ConversationNotAllowed);
    };
    (!begun && !invoice.can_begin_talk(me, buyer)).then_some(FaultCode::ConversationNotAllowed)
}
