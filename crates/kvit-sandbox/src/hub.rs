//! The books with everything around them that is shared: store, subscribers, tokens, clock, key.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use kvit_proto::v1;
use tokio::sync::mpsc;

use crate::books::events::{Notice, What};
use crate::books::images::Image;
use crate::books::{Announcements, Books};
use crate::clock::{Clock, Moment};
use crate::faults::Faults;
use crate::ledger::{Call, Ledger, Subject};
use crate::refusal::Refusal;
use crate::signing::Sealer;
use crate::store::Store;
use crate::view::{self, View};

/// Messages that may wait in one stream; a reader that lags further behind is cut off and has to reconnect.
const STREAM_BACKLOG: usize = 1_024;

/// Streams of one kind a user may have (reference 2.6).
const STREAMS_PER_USER: usize = 30;

/// What a token opens.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub user: u64,
    /// `None`: three months are longer than any practice.
    pub expires: Option<Moment>,
    /// Scope `trade`.
    pub may_trade: bool,
}

impl Token {
    /// One that may do everything as long as the marketplace runs.
    pub(crate) fn lasting(user: u64) -> Token {
        Token {
            user,
            expires: None,
            may_trade: true,
        }
    }
}

/// A stream that waits for messages.
#[derive(Debug)]
struct Subscriber<M> {
    user: u64,
    messages: mpsc::Sender<M>,
}

#[derive(Debug)]
struct State {
    books: Books,
    store: Store,
    events: Vec<Subscriber<v1::Event>>,
    variables: Vec<Subscriber<v1::Variables>>,
}

/// A new stream: what comes first, and what comes later.
pub(crate) struct Subscription<M> {
    pub first: Vec<M>,
    pub later: mpsc::Receiver<M>,
}

/// The one place where the books are read and changed.
#[derive(Debug)]
pub(crate) struct Hub {
    state: Mutex<State>,
    tokens: RwLock<HashMap<String, Token>>,
    pub clock: Clock,
    pub sealer: Sealer,
    pub faults: Faults,
    pub ledger: Ledger,
    pub seed: u64,
}

impl Hub {
    pub(crate) fn new(
        books: Books,
        store: Store,
        clock: Clock,
        sealer: Sealer,
        ledger: Ledger,
        seed: u64,
    ) -> Hub {
        Hub {
            state: Mutex::new(State {
                books,
                store,
                events: Vec::new(),
                variables: Vec::new(),
            }),
            tokens: RwLock::default(),
            clock,
            sealer,
            faults: Faults::none(),
            ledger,
            seed,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // An act that panicked half-way is undone by the rollback at the start of the next one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the books.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Books) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let mut state = self.state();
        state.books.rollback();
        look(&state.books)
    }

    /// Finds an image in the books; it, its number, and its preview or original.
    pub(crate) fn picture(
        &self,
        preview: bool,
        find: impl FnOnce(&Books) -> Result<u64, Refusal>,
    ) -> Result<(Image, Vec<u8>), Refusal> {
        let mut state = self.state();
        state.books.rollback();
        let id = find(&state.books)?;
        let image = state.books.images.get(id).ok_or(Refusal::ImageNotFound)?.clone();
        match state.store.picture(id, preview) {
            Ok(Some(bytes)) => Ok((image, bytes)),
            Ok(None) => Err(Refusal::ImageNotFound),
            Err(error) => {
                tracing::error!(%error, "a picture could not be read");
                Err(Refusal::Internal)
            }
        }
    }

    /// The token of a user that stays the same at every start: the one kept under this name, or `new`, kept from now
    /// on.
    pub(crate) fn lasting_token(&self, name: &str, new: String) -> Result<String, Refusal> {
        let mut state = self.state();
        let kept = state.store.house_secret(name).and_then(|kept| match kept {
            Some(kept) => Ok(Some(kept)),
            None => state.store.keep_house_secret(name, new.as_bytes()).map(|()| None),
        });
        match kept {
            Ok(Some(kept)) => String::from_utf8(kept).map_err(|_| Refusal::Internal),
            Ok(None) => Ok(new),
            Err(error) => {
                tracing::error!(%error, "a token could not be kept");
                Err(Refusal::Internal)
            }
        }
    }

    /// Changes the books: on success stored, then announced; on refusal as if it had never been tried.
    pub(crate) fn act<T>(
        &self,
        act: impl FnOnce(&mut Books, Moment) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.act_and_then(act, |_, _, _, _| ())
    }

    /// Changes the books because somebody called, and writes it into the ledger.
    pub(crate) fn execute<T>(
        &self,
        rpc: &'static str,
        user: u64,
        act: impl FnOnce(&mut Books, Moment) -> Result<(Subject, T), Refusal>,
    ) -> Result<T, Refusal> {
        let call = Call { rpc, user };
        let write = |books: &Books, done: &(Subject, T), changed: bool, now: Moment| {
            self.ledger.write(books, &call, done.0, changed, now);
        };
        self.act_and_then(act, write).map(|(_, done)| done)
    }

    /// `and_then` sees the committed books, what was done, and whether that changed anything.
    fn act_and_then<T>(
        &self,
        act: impl FnOnce(&mut Books, Moment) -> Result<T, Refusal>,
        and_then: impl FnOnce(&Books, &T, bool, Moment),
    ) -> Result<T, Refusal> {
        let now = self.clock.now();
        let mut state = self.state();
        let state = &mut *state;
        state.books.rollback();
        let done = match act(&mut state.books, now) {
            Ok(done) => done,
            Err(refusal) => {
                state.books.rollback();
                return Err(refusal);
            }
        };
        if let Err(error) = state.store.save(&mut state.books) {
            tracing::error!(%error, "an act could not be stored and was undone");
            state.books.rollback();
            return Err(Refusal::Internal);
        }
        let changed = state.books.is_changed();
        let announcements = state.books.commit(now);
        and_then(&state.books, &done, changed, now);
        state.dispatch(announcements);
        Ok(done)
    }

    /// Notes a call of this user.
    pub(crate) fn seen(&self, user: u64) {
        let now = self.clock.now();
        self.state().books.seen.insert(user, now);
    }

    /// Opens an event stream: the balance, every unread event, then live ones (reference 2.6).
    pub(crate) fn subscribe_events(&self, user: u64) -> Result<Subscription<v1::Event>, Refusal> {
        let now = self.clock.now();
        let mut state = self.state();
        state.books.rollback();
        let view = View {
            books: &state.books,
            viewer: user,
        };
        let balance = Notice {
            id: 0,
            to: user,
            at: now,
            what: What::Balance,
        };
        let mut first = vec![view.event(balance)?];
        for notice in state.books.unread(user) {
            first.push(view.event(notice)?);
        }
        let later = subscribe(&mut state.events, user)?;
        Ok(Subscription { first, later })
    }

    /// Opens a stream of variables: all current values, then all of them at every change.
    pub(crate) fn subscribe_variables(&self, user: u64) -> Result<Subscription<v1::Variables>, Refusal> {
        let mut state = self.state();
        state.books.rollback();
        let first = vec![view::variables(&state.books)?];
        let later = subscribe(&mut state.variables, user)?;
        Ok(Subscription { first, later })
    }

    /// Makes a token valid.
    pub(crate) fn admit(&self, secret: String, token: Token) {
        self.tokens
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(secret, token);
    }

    /// Makes a token unknown.
    pub(crate) fn revoke(&self, secret: &str) {
        self.tokens
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(secret);
    }

    pub(crate) fn token(&self, secret: &str) -> Option<Token> {
        self.tokens
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(secret)
            .cloned()
    }
}

fn subscribe<M>(subscribers: &mut Vec<Subscriber<M>>, user: u64) -> Result<mpsc::Receiver<M>, Refusal> {
    subscribers.retain(|subscriber| !subscriber.messages.is_closed());
    if subscribers
        .iter()
        .filter(|subscriber| subscriber.user == user)
        .count()
        >= STREAMS_PER_USER
    {
        return Err(Refusal::TooManyStreams);
    }
    let (messages, later) = mpsc::channel(STREAM_BACKLOG);
    subscribers.push(Subscriber { user, messages });
    Ok(later)
}

impl State {
    /// Sends what a committed act announced to those who listen.
    fn dispatch(&mut self, announcements: Announcements) {
        let State {
            books,
            events,
            variables,
            ..
        } = self;
        for notice in announcements.notices {
            if !events.iter().any(|subscriber| subscriber.user == notice.to) {
                continue;
            }
            match (View {
                books,
                viewer: notice.to,
            })
            .event(notice)
            {
                Ok(event) => send(events, |subscriber| subscriber.user == notice.to, &event),
                Err(error) => tracing::error!(%error, "an event could not be shown"),
            }
        }
        if announcements.rates_changed && !variables.is_empty() {
            match view::variables(books) {
                Ok(values) => send(variables, |_| true, &values),
                Err(error) => tracing::error!(%error, "the variables could not be shown"),
            }
        }
    }
}

/// Sends to the chosen subscribers; those who are gone or lag too far behind are dropped.
fn send<M: Clone>(
    subscribers: &mut Vec<Subscriber<M>>,
    chosen: impl Fn(&Subscriber<M>) -> bool,
    message: &M,
) {
    subscribers
        .retain(|subscriber| !chosen(subscriber) || subscriber.messages.try_send(message.clone()).is_ok());
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::books::MARKETPLACE;
    use crate::money::Sats;
    use crate::signing::{Confirmations, SigningKey};
    use crate::store::Storage;

    #[test]
    fn what_cannot_be_stored_did_not_happen() {
        let clock = Clock::manual(SystemTime::UNIX_EPOCH);
        let mut store = Store::open(&Storage::Memory).unwrap();
        let mut books = Books::empty(clock.now());
        store.found(&mut books, &[]).unwrap();
        let books = store.load().unwrap();
        let key = SigningKey::generate(clock.now()).unwrap();
        let sealer = Sealer::new(key, Confirmations::Fresh);
        let hub = Hub::new(books, store, clock, sealer, Ledger::default(), 1);
        let credit = |hub: &Hub| hub.act(|books, _| books.credit(MARKETPLACE, Sats(5)));
        let balance = |hub: &Hub| hub.read(|books| Ok(books.user(MARKETPLACE)?.confirmed)).unwrap();
        assert_eq!(credit(&hub), Ok(()));
        let mut events = hub.subscribe_events(MARKETPLACE).unwrap().later;
        hub.state().store.fill_up();
        assert_eq!(credit(&hub), Err(Refusal::Internal));
        assert_eq!(balance(&hub), Sats(5));
        assert!(
            events.try_recv().is_err(),
            "nothing is announced that did not happen"
        );
    }

    #[test]
    fn an_act_that_panics_leaves_no_trace() {
        let clock = Clock::manual(SystemTime::UNIX_EPOCH);
        let key = SigningKey::generate(clock.now()).unwrap();
        let sealer = Sealer::new(key, Confirmations::Fresh);
        let mut books = Books::empty(clock.now());
        books.commit(clock.now());
        let hub = Hub::new(
            books,
            Store::open(&Storage::Memory).unwrap(),
            clock,
            sealer,
            Ledger::default(),
            1,
        );
        let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            hub.act(|books, _| -> Result<(), Refusal> {
                books.credit(MARKETPLACE, Sats(5))?;
                panic!("half-way");
            })
        }));
        assert!(died.is_err());
        assert_eq!(
            hub.read(|books| Ok(books.user(MARKETPLACE)?.confirmed)),
            Ok(Sats::ZERO)
        );
    }
}
