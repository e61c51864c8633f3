//! What the marketplace says of talks: read, kept, announced. Every answer and every event has a conversation whole, so a
//! copy replaces nothing: what is new in it is added, and what it says differently is kept in both versions.

use std::{collections::BTreeMap, sync::Arc};

use kvit_domain::{
    Timestamp,
    conversation::{About, Conversation},
    fault::{Fault, FaultCode},
    id::{ConversationId, DealId, InvoiceId},
    invoice::Invoice,
    message::{Message, Talk},
};
use kvit_store::{Freshness, Store, StoreFault};

use crate::{
    engine::Engine,
    open_account::OpenAccount,
    session::Session,
    shell::{Shell, Topic},
};

impl<S: Shell> Engine<S> {
    /// Reads a talk at the marketplace and takes it in. That nobody has written there yet is an answer.
    ///
    /// # Errors
    /// `NotConnected`, `PaymentNotFound`, `InvoiceNotFound`, `DealNotFound`, or what stands in the way.
    pub(crate) async fn reread_talk(&self, account: &Arc<OpenAccount>, talk: Talk) -> Result<(), Fault> {
        let line = account.line().ok_or(FaultCode::NotConnected)?;
        let found = match talk {
            Talk::Deal(deal) => {
                self.reread_deal(account, deal).await?;
                return Ok(());
            }
            Talk::Invoice { invoice, .. } => line.conversations_of_invoice(invoice).await,
            Talk::Payment(payment) => line
                .conversation_of_payment(payment)
                .await
                .map(|found| found.into_iter().collect()),
        };
        let found = match found {
            // What it is about is over or gone; the list still has what was said.
            Err(fault)
                if fault.code == FaultCode::PaymentCanceled || fault.code == FaultCode::InvoiceNotFound =>
            {
                if let Talk::Payment(payment) = talk
                    && let Err(fault) = self.reread_payment(account, payment).await
                {
                    tracing::info!(%fault, %payment, "not read again");
                }
                line.conversations().await?
            }
            answer => answer?,
        };
        let of_talk = found.into_iter().filter(|one| one.talk() == talk).collect();
        self.hold_conversations(account, of_talk).await;
        Ok(())
    }

    /// Reads all conversations that the person has not deleted.
    ///
    /// # Errors
    /// What stands in the way.
    pub(crate) async fn read_conversations(&self, session: &Arc<Session>) -> Result<(), Fault> {
        let account = &session.account;
        let asked = self.now();
        let all = session.market.conversations().await?;
        crate::point!("talks.read");
        let listed: Vec<ConversationId> = all.iter().map(|one| one.id).collect();
        self.hold_conversations(account, all).await;
        let hidden = account
            .keep_behind(move |store| store.hide_absent_talks(&listed, asked))
            .await;
        for talk in hidden.into_iter().flatten() {
            self.announce_talk(account, talk);
        }
        Ok(())
    }

    /// Takes conversations in, the person's own ones, and announces those that changed.
    pub(crate) async fn hold_conversations(
        &self,
        account: &Arc<OpenAccount>,
        conversations: Vec<Conversation>,
    ) {
        let Ok(me) = account.me() else { return };
        let now = self.now();
        let own: Vec<Conversation> = conversations.into_iter().filter(|one| one.is_of(me)).collect();
        if own.is_empty() {
            return;
        }
        let heard = account
            .keep_behind(move |store| {
                keep_invoices(store, &own, now)?;
                store.keep_conversations(own, me, now)
            })
            .await;
        let mut topics = Vec::new();
        for heard in heard.into_iter().flatten().filter(|heard| heard.changed) {
            self.claim_copies(account, heard.talk);
            topics.push(Topic::Talk(heard.talk));
        }
        if !topics.is_empty() {
            topics.extend([Topic::Talks, Topic::App]);
        }
        self.announce(account.id, &topics);
    }

    /// Takes in a message of a deal's chat that was just sent.
    pub(crate) async fn hold_message_of_deal(
        &self,
        account: &Arc<OpenAccount>,
        id: DealId,
        message: Message,
    ) {
        let Ok(Some(kept)) = account.ask(|store| store.deal(id)) else {
            return;
        };
        let mut deal = kept.deal;
        if deal.messages.iter().all(|known| known.id != message.id) {
            deal.messages.push(message);
            deal.messages.sort_by_key(|message| message.id);
            self.hold_deals(account, vec![deal], Freshness::Event).await;
        }
    }
}

/// Keeps the invoices that conversations are about, where there is no copy: what is talked about stands beside the talk.
fn keep_invoices(store: &Store, conversations: &[Conversation], now: Timestamp) -> Result<(), StoreFault> {
    let invoices: BTreeMap<InvoiceId, &Invoice> = conversations
        .iter()
        .filter_map(|one| match &one.about {
            About::Invoice(invoice) => Some((invoice.id, invoice.as_ref())),
            About::Payment(_) => None,
        })
        .collect();
    for (id, invoice) in invoices {
        if store.invoice(id)?.is_none() {
            store.keep_invoice(invoice.clone(), now)?;
        }
    }
    Ok(())
}
