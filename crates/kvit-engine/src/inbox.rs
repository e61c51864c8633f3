//! The inbox of stored events: kept, acted on, told, and only then forgotten at the server, in that order.
//!
//! ```text
//!  event ─► kept (synced) ─► acted: what it is about is read again ─► told once ─► marked (the server deletes it)
//!             │ known already: it was told before, or is told at the next start; only marked
//! ```
//!
//! Stored events come again at each opening of the stream until they are marked (section 15.5), so whatever is cut
//! between two steps is done again, and what the person sees is kept under the event's number: once. Live events
//! have no number and are only a reason to look.

use std::{collections::BTreeMap, sync::Arc};

use kvit_domain::{
    Timestamp,
    conversation::{About, Conversation},
    deal::{Deal, DealStatus},
    event::{Event, EventContent},
    id::{DealId, EventId, PaymentId, UserId},
    message::{Message, Talk},
    news::{NEWS_WORDS, News, NewsKind},
    payment::Payment,
};
use kvit_store::{Freshness, KeptNews};

use crate::{
    engine::Engine,
    open_account::OpenAccount,
    session::Session,
    shell::{Shell, Topic},
};
use kvit_domain::fault::Fault;

/// News on a page.
pub const NEWS_PAGE: u32 = 50;

/// What a batch of events is about; each thing once, however often it was named.
#[derive(Default)]
struct Concerned {
    payments: BTreeMap<PaymentId, Payment>,
    deals: BTreeMap<DealId, Deal>,
    talks: BTreeMap<Talk, Conversation>,
    balance: bool,
    invoices: bool,
    everything: bool,
}

impl<S: Shell> Engine<S> {
    /// Takes in a batch of events.
    pub(crate) async fn take_events(&self, session: &Arc<Session>, events: Vec<Event>) {
        let now = self.now();
        session.connection().heard = Some(now);
        let account = &session.account;
        let me = account.me().ok();
        let mut stored: Vec<EventId> = Vec::new();
        let mut news: Vec<News> = Vec::new();
        let mut about = Concerned::default();
        for event in events {
            if let Some(id) = event.id {
                stored.push(id);
                news.push(news_of(id, &event, me, now));
            }
            match event.content {
                EventContent::Balance(balance) => {
                    account
                        .keep_behind(move |store| store.keep_balance(balance, now))
                        .await;
                    about.balance = true;
                }
                EventContent::Payment(payment) => {
                    about.payments.insert(payment.id, *payment);
                }
                EventContent::Deal(deal) | EventContent::DealMessage(deal) => {
                    about.deals.insert(deal.id, *deal);
                }
                EventContent::InvoiceNew(invoice) | EventContent::InvoicePaid(invoice) => {
                    account
                        .keep_behind(move |store| store.keep_invoice(*invoice, now))
                        .await;
                    about.invoices = true;
                }
                EventContent::InvoiceDeleted(_) => about.invoices = true,
                EventContent::ConversationMessage(conversation) => {
                    if me.is_some_and(|me| conversation.is_of(me)) {
                        about.talks.insert(conversation.talk(), *conversation);
                    }
                }
                EventContent::Other => about.everything = true,
            }
        }
        // Kept before anything else, or it comes again.
        let kept = news.is_empty()
            || account
                .keep_behind(move |store| store.take_news(&news, now))
                .await
                .is_some();
        if !kept {
            // It cannot be written down: it is neither told nor forgotten at the server.
            self.act_on(session, about).await;
            return;
        }
        crate::point!("news.kept");
        self.act_on(session, about).await;
        crate::point!("news.acted");
        self.tell_the_untold(account);
        crate::point!("news.told");
        if !stored.is_empty() {
            match session.market.mark_events_read(&stored).await {
                Ok(()) => {
                    crate::point!("news.marked");
                    account.keep_behind(move |store| store.news_marked(&stored)).await;
                }
                Err(fault) => tracing::warn!(%fault, "events not marked as read; they will come again"),
            }
        }
    }

    /// An event triggers work: what it is about is read again. Where that fails, its own copy is better than nothing.
    async fn act_on(&self, session: &Arc<Session>, about: Concerned) {
        let account = &session.account;
        for (id, copy) in about.payments {
            if self.reread_payment(account, id).await.is_err() {
                self.hold_payments(account, vec![copy]).await;
            }
        }
        for (id, copy) in about.deals {
            let payment = copy.payment;
            if self.reread_deal(account, id).await.is_err() {
                self.hold_deals(account, vec![copy], Freshness::Event).await;
            }
            if let Some(payment) = payment {
                self.take_in_behind(account, Some(payment), None);
            }
        }
        for (talk, copy) in about.talks {
            self.hold_conversations(account, vec![copy]).await;
            if let Err(fault) = self.reread_talk(account, talk).await {
                tracing::info!(%fault, %talk, "not read again");
            }
        }
        let mut topics = Vec::new();
        if about.balance {
            topics.push(Topic::App);
        }
        if about.invoices {
            topics.push(Topic::Payments);
        }
        if about.everything {
            // Something changed, and what it is could not be read.
            if let Err(fault) = session.read_balance(self.now()).await {
                tracing::warn!(%fault, "balance not read");
            }
            self.sync_behind(session);
            topics.extend([Topic::App, Topic::Payments, Topic::Deals]);
        }
        self.announce(account.id, &topics);
    }

    /// Tells the person what was kept and not told yet, now or when the app ended: once.
    ///
    /// All of it in one go, with nothing to wait for in between: a line that was made anew ends the one before at
    /// whichever point it waits, and must neither tell what that one told nor miss what it did not.
    pub(crate) fn tell_the_untold(&self, account: &Arc<OpenAccount>) {
        let _one_at_a_time = account.telling();
        let untold = account.ask(|store| store.untold_news()).unwrap_or_default();
        if untold.is_empty() {
            return;
        }
        for one in &untold {
            self.shell().tell(one);
        }
        let told: Vec<EventId> = untold.iter().map(|one| one.event).collect();
        if let Err(fault) = account.ask(|store| store.news_told(&told)) {
            tracing::warn!(%fault, "news may be told once more");
        }
        self.announce(account.id, &[Topic::News, Topic::App]);
    }

    /// News of the account in use, newest first; each with its number.
    ///
    /// # Errors
    /// Why the store is not open.
    pub fn news(&self, before: Option<u64>) -> Result<Vec<(u64, KeptNews)>, Fault> {
        self.opened()?.ask(|store| store.news(before, NEWS_PAGE))
    }

    /// All news is read.
    ///
    /// # Errors
    /// Why the store is not open or cannot be written.
    pub fn news_read(&self) -> Result<(), Fault> {
        let account = self.opened()?;
        account.ask(|store| store.read_all_news())?;
        self.announce(account.id, &[Topic::News, Topic::App]);
        Ok(())
    }
}

/// An event as the person is told of it.
fn news_of(event: EventId, stored: &Event, me: Option<UserId>, now: Timestamp) -> News {
    let mut news = News {
        event,
        at: stored.created.unwrap_or(now),
        kind: NewsKind::Other,
        payment: None,
        deal: None,
        invoice: None,
        person: String::new(),
        amount: None,
        fiat: None,
        talk: None,
        words: String::new(),
    };
    let of_deal = |mut news: News, deal: &Deal, kind: NewsKind| {
        news.kind = kind;
        news.deal = Some(deal.id);
        news.payment = deal.payment;
        news.amount = Some(deal.amount);
        news.fiat = Some(deal.fiat);
        if let Some(me) = me {
            news.person.clone_from(&deal.counterparty(me).name);
        }
        news
    };
    match &stored.content {
        EventContent::Deal(deal) => {
            let kind = match deal.status {
                DealStatus::Completed => NewsKind::DealCompleted,
                DealStatus::Canceled => NewsKind::DealCanceled,
                DealStatus::Disputed => NewsKind::DealDisputed,
                DealStatus::Opened if deal.fiat_declared => NewsKind::FiatDeclared,
                DealStatus::Opened | DealStatus::WaitDeposit => NewsKind::DealChanged,
            };
            return of_deal(news, deal, kind);
        }
        EventContent::DealMessage(deal) => {
            let mut news = of_deal(news, deal, NewsKind::DealMessage);
            news.talk = Some(Talk::Deal(deal.id));
            news.words = last_words(&deal.messages, me);
            return news;
        }
        EventContent::InvoiceNew(invoice)
        | EventContent::InvoiceDeleted(invoice)
        | EventContent::InvoicePaid(invoice) => {
            news.kind = match stored.content {
                EventContent::InvoiceNew(_) => NewsKind::InvoiceIssued,
                EventContent::InvoicePaid(_) => NewsKind::PaymentReceived,
                _ => NewsKind::InvoiceWithdrawn,
            };
            news.invoice = Some(invoice.id);
            news.person.clone_from(&invoice.owner.name);
            news.amount = Some(invoice.unit);
        }
        EventContent::Payment(payment) => {
            news.kind = NewsKind::PaymentReceived;
            news.payment = Some(payment.id);
            news.invoice = Some(payment.invoice.id);
            news.person.clone_from(&payment.buyer.name);
            news.amount = Some(payment.amount);
        }
        EventContent::ConversationMessage(conversation) => {
            news.kind = NewsKind::ConversationMessage;
            match me {
                Some(me) if conversation.is_of(me) => {
                    news.talk = Some(conversation.talk());
                    news.person.clone_from(&conversation.counterparty(me).name);
                    news.words = last_words(&conversation.messages, Some(me));
                    match &conversation.about {
                        About::Invoice(invoice) => news.invoice = Some(invoice.id),
                        About::Payment(payment) => {
                            news.payment = Some(payment.id);
                            news.invoice = Some(payment.invoice.id);
                        }
                    }
                }
                // Somebody else's is nobody's business, and whose it is cannot be told before the person is known.
                _ => {}
            }
        }
        EventContent::Balance(_) | EventContent::Other => {}
    }
    news
}

/// The beginning of the newest message that is not the person's own.
fn last_words(messages: &[Message], me: Option<UserId>) -> String {
    messages
        .iter()
        .rev()
        .find(|message| message.author.is_none() || message.author != me)
        .map(|message| message.text.chars().take(NEWS_WORDS).collect())
        .unwrap_or_default()
}
