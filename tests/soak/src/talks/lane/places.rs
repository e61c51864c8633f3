//! Talks to write in, of each kind; new ones when those have become long.

use anyhow::{Result, bail};
use rand::Rng;
use rand::rngs::StdRng;

use super::Lane;
use crate::engine::sends::{About, Order, Word};
use crate::engine::{self, Act, End};
use crate::lane::{PIECES, PRICE, deals};
use crate::plan::Fault;
use crate::server;

/// Talks of each kind at the same time.
const OF_A_KIND: usize = 4;
/// So many messages are written in one: every answer of the marketplace has a conversation whole.
const LONG: u32 = 40;
/// A healthy call right after a fault may find that the line is being made anew.
const TRIES: u32 = 40;

/// The kinds of talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// About an invoice, before a purchase.
    Invoice,
    /// About a payment.
    Payment,
    /// The chat of a deal.
    Deal,
}

impl Kind {
    /// All.
    pub(super) const ALL: [Self; 3] = [Self::Invoice, Self::Payment, Self::Deal];

    /// The call that says something there.
    pub(super) fn rpc(self) -> &'static str {
        match self {
            Self::Invoice => "SendInvoiceMessage",
            Self::Payment => "SendInvoicePaymentMessage",
            Self::Deal => "SendMessage",
        }
    }

    /// One of the other two.
    pub(super) fn another(self, rng: &mut StdRng) -> Self {
        let others = match self {
            Self::Invoice => [Self::Payment, Self::Deal],
            Self::Payment => [Self::Invoice, Self::Deal],
            Self::Deal => [Self::Invoice, Self::Payment],
        };
        others[rng.random_range(0..2)]
    }
}

/// A talk.
struct Place {
    talk: String,
    kind: Kind,
    used: u32,
}

/// The talks of a lane.
#[derive(Default)]
pub(super) struct Places(Vec<Place>);

impl Places {
    /// One of this kind that is not long yet.
    pub(super) fn take(&mut self, kind: Kind, rng: &mut StdRng) -> String {
        let mut of_kind: Vec<&mut Place> = self.0.iter_mut().filter(|place| place.kind == kind).collect();
        // What is written at once makes one a little longer than it should be.
        of_kind.sort_by_key(|place| place.used >= LONG);
        let short = of_kind.iter().filter(|place| place.used < LONG).count().max(1);
        let place = &mut of_kind[rng.random_range(0..short)];
        place.used += 1;
        place.talk.clone()
    }

    /// Whether there has to be one more of this kind.
    fn lack(&self, kind: Kind) -> bool {
        let short = |place: &&Place| place.kind == kind && place.used < LONG;
        self.0.iter().filter(short).count() < OF_A_KIND
    }

    /// The names of all.
    pub(super) fn all(&self) -> Vec<String> {
        self.0.iter().map(|place| place.talk.clone()).collect()
    }
}

impl Lane {
    /// Sees to it that there are talks of each kind.
    pub(super) async fn furnish(&mut self) -> Result<()> {
        for kind in Kind::ALL {
            while self.places.lack(kind) {
                let about = self.something(kind).await?;
                let talk = self.name(about).await?;
                self.places.0.push(Place { talk, kind, used: 0 });
            }
        }
        Ok(())
    }

    /// Something new to talk about.
    async fn something(&mut self, kind: Kind) -> Result<About> {
        for _ in 0..TRIES {
            let issue = server::Order::Issue {
                count: 1,
                price: i64::from(PRICE),
            };
            let Some(invoice) = self.stand.tell_server(issue).await?.pop() else {
                bail!("no invoice")
            };
            // Nobody sells as little as one piece costs.
            let pieces = if kind == Kind::Deal { PIECES } else { 1 };
            let seen = i64::from(pieces * PRICE);
            let act = match kind {
                Kind::Invoice => return Ok(About::Invoice(invoice)),
                Kind::Payment => Act::Pay {
                    invoice,
                    pieces,
                    seen,
                },
                Kind::Deal => deals::pay(invoice, pieces, seen, &mut self.stand.rng),
            };
            match (kind, self.pay(act).await?) {
                (
                    Kind::Payment,
                    Some(End::Done {
                        payment: Some(id), ..
                    }),
                ) => return Ok(About::Payment(id)),
                (Kind::Deal, Some(End::Done { deal: Some(id), .. })) => return Ok(About::Deal(id)),
                (_, told) => {
                    self.stand.note(&format!("not paid: {told:?}"))?;
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
        bail!("nothing can be paid");
    }

    async fn pay(&mut self, act: Act) -> Result<Option<End>> {
        let order = engine::Order::Act { ask: 0, act };
        self.stand.tell_engine(&order).await;
        let mut told = None;
        let sent = &mut self.sent;
        let take = |word: &engine::Word| {
            super::take_in(sent, word);
            if let engine::Word::Told { end, .. } = word {
                told = Some(end.clone());
            }
            told.is_some()
        };
        self.stand.hear(Fault::None, None, take).await?;
        Ok(told)
    }

    async fn name(&mut self, about: About) -> Result<String> {
        self.tell(Order::Talk { about }).await;
        let mut named = None;
        let sent = &mut self.sent;
        let take = |word: &engine::Word| {
            super::take_in(sent, word);
            if let engine::Word::Talks {
                word: Word::Talk { talk },
            } = word
            {
                named = Some(talk.clone());
            }
            named.is_some()
        };
        self.stand.hear(Fault::None, None, take).await?;
        match named {
            Some(name) => Ok(name),
            None => bail!("the engine died"),
        }
    }
}
