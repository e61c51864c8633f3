//! One account that pays: what is asked, one thing after the other, with what goes wrong.

pub(crate) mod deals;

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rand::Rng;

use crate::engine::{self, Act, End, Word};
use crate::judge::{Asked, Evidence, judge};
use crate::pace::Scale;
use crate::plan::Fault;
use crate::run::Work;
use crate::server;
use crate::stand::{Aim, Aimed, Engine, PATIENCE, Stand};
use crate::totals::Totals;

/// Satoshi a piece.
pub(crate) const PRICE: u32 = 100;
/// Most pieces of one payment; so many payments an invoice serves.
pub(crate) const PIECES: u32 = 100;
/// Invoices issued at once.
const INVOICES: u32 = 60;
/// So many invoices that were asked for last are left alone.
const LATELY: usize = 30;

/// A lane.
pub struct Lane {
    stand: Stand,
    fresh: Vec<(u64, u32)>,
    lately: VecDeque<u64>,
    deals: deals::Deals,
    asked: Vec<Asked>,
}

/// The call that an act makes.
fn rpc(act: &Act) -> &'static str {
    match act {
        Act::Pay { .. } => "PayInvoiceFromBalance",
        Act::PayByDeal { chosen: true, .. } => "PayInvoiceByDeal",
        Act::PayByDeal { chosen: false, .. } => "PayInvoiceByBestDeal",
        Act::Cancel { .. } => "CancelInvoicePayment",
        Act::Declare { .. } => "IPayed",
        Act::CancelDeal { .. } => "CancelDeal",
    }
}

impl Work for Lane {
    async fn open(folder: &Path, seed: u64, tls: bool, scale: Scale, planted: Option<&str>) -> Result<Self> {
        Ok(Self {
            stand: Stand::open(folder, seed, tls, scale, planted).await?,
            fresh: Vec::new(),
            lately: VecDeque::new(),
            deals: deals::Deals::default(),
            asked: Vec::new(),
        })
    }

    async fn ask(&mut self, fault: Fault) -> Result<bool> {
        let began = Instant::now();
        self.stand.start().await?;
        let act = self.choose(fault).await?;
        let ask = self.asked.len() as u64;
        self.asked.push(Asked {
            ask,
            act: act.clone(),
            fault: fault.to_string(),
            repeated: fault.repeats(),
            told: None,
        });
        let aimed = self.aim(fault, &act).await?;
        let told = self.press(ask, &act, fault).await?;
        let struck = self.stand.struck(fault, aimed).await?;
        self.stand.wire.heal();
        if let Some(end) = &told {
            self.deals.learn(&act, end);
        }
        if let Act::Declare { deal } = act
            && matches!(told, Some(End::Done { .. }))
        {
            // The trader believes it. He may refuse, where another act was quicker.
            self.stand.server.ask(&server::Order::Complete { deal }).await?;
        }
        if let Some(asked) = self.asked.last_mut() {
            asked.told = told;
        }
        self.stand.note(&format!(
            "{fault}: struck {struck}, {:?} after {:?}",
            self.asked.last(),
            began.elapsed()
        ))?;
        if struck {
            self.stand.totals.injected_all(fault.classes());
        }
        Ok(struck)
    }

    async fn verdict(mut self) -> Result<Totals> {
        self.stand.heal().await?;
        self.settle().await?;
        let journal = self.fresh_journal().await?;
        let evidence = Evidence {
            asked: std::mem::take(&mut self.asked),
            ledger: self.stand.ledger().await?,
            requests: self.stand.wire.requests(),
            journal,
        };
        let mut totals = judge(&evidence);
        totals.add(self.stand.totals);
        Ok(totals)
    }
}

impl Lane {
    /// One more process of the engine over this lane's folder. It has not said anything yet.
    pub(crate) fn new_engine(&self) -> Result<Engine> {
        self.stand.new_engine()
    }

    /// Takes the lane's engine out of it, starting one if none runs.
    pub(crate) async fn take_engine(&mut self) -> Result<Engine> {
        self.stand.start().await?;
        self.stand.engine.take().context("no engine")
    }

    /// Puts an engine that runs back into the lane.
    pub(crate) fn put_engine(&mut self, engine: Engine) {
        self.stand.engine = Some(engine);
    }

    /// Writes down an asking that was made past [`Lane::ask`].
    pub(crate) fn asked(&mut self, act: Act, fault: &str, told: Option<End>) {
        let ask = self.asked.len() as u64;
        self.asked.push(Asked {
            ask,
            act,
            fault: fault.to_owned(),
            repeated: false,
            told,
        });
    }

    /// The next thing to ask for.
    async fn choose(&mut self, fault: Fault) -> Result<Act> {
        if matches!(fault, Fault::None | Fault::KillTime)
            && self.stand.rng.random_ratio(1, 3)
            && let Some(act) = self.deals.next(&mut self.stand.rng)
        {
            return Ok(act);
        }
        let (invoice, pieces) = self.goods().await?;
        let seen = i64::from(pieces * PRICE);
        if fault == Fault::None && self.stand.rng.random_ratio(1, 6) {
            return Ok(deals::pay(invoice, pieces, seen, &mut self.stand.rng));
        }
        Ok(Act::Pay {
            invoice,
            pieces,
            seen,
        })
    }

    /// An invoice and a number of pieces that were never asked for.
    pub(crate) async fn goods(&mut self) -> Result<(u64, u32)> {
        if self.fresh.is_empty() {
            let order = server::Order::Issue {
                count: INVOICES,
                price: i64::from(PRICE),
            };
            let invoices = self.stand.tell_server(order).await?;
            self.stand.enrich().await?;
            self.fresh = (1..=PIECES)
                .flat_map(|pieces| invoices.iter().map(move |invoice| (*invoice, pieces)))
                .collect();
        }
        // Not one that was asked for just now: after silence nothing is begun on an invoice for a while.
        let mut at = 0;
        for _ in 0..20 {
            at = self.stand.rng.random_range(0..self.fresh.len());
            if !self.lately.contains(&self.fresh[at].0) {
                break;
            }
        }
        let goods = self.fresh.swap_remove(at);
        self.lately.push_back(goods.0);
        if self.lately.len() > LATELY {
            self.lately.pop_front();
        }
        Ok(goods)
    }

    /// Another number of pieces of the same invoice that was never asked for.
    pub(crate) fn goods_on(&mut self, invoice: u64) -> Option<u32> {
        let at = self.fresh.iter().position(|(other, _)| *other == invoice)?;
        Some(self.fresh.swap_remove(at).1)
    }

    /// Puts a fault in place for the act that comes next.
    async fn aim(&mut self, fault: Fault, act: &Act) -> Result<Aimed> {
        if let (Fault::PriceChanged, Act::Pay { invoice, .. }) = (fault, act) {
            let price = i64::from(PRICE) + i64::from(self.stand.rng.random_range(1..50));
            let order = server::Order::Price {
                invoice: *invoice,
                price,
            };
            self.stand.tell_server(order).await?;
            self.fresh.retain(|(other, _)| other != invoice);
        }
        let aim = Aim {
            rpc: rpc(act),
            before_call: "act.before_call",
            // Somebody buys from the engine's user: news that is stored until it is marked as read.
            news: server::Order::Sell { times: 1 },
        };
        self.stand.aim(fault, &aim).await
    }

    /// Presses the button and waits for what is said. `None`: the process died before.
    async fn press(&mut self, ask: u64, act: &Act, fault: Fault) -> Result<Option<End>> {
        let order = engine::Order::Act {
            ask,
            act: act.clone(),
        };
        let killed = self.stand.moment_of_killing(fault);
        self.stand.tell_engine(&order).await;
        let mut told = None;
        let take = |word: &Word| match word {
            Word::Told { ask: of, end } if *of == ask => {
                told = Some(end.clone());
                true
            }
            _ => false,
        };
        if self.stand.hear(fault, killed, take).await? {
            self.stand.await_the_point(|_| false).await;
        }
        Ok(told)
    }

    /// Waits until nothing is open and nothing is watched.
    async fn settle(&mut self) -> Result<()> {
        // The wire is healthy: what is open has to settle within the time a late call has, and some looks.
        let deadline = Instant::now() + self.stand.scale.settling();
        loop {
            self.stand.start().await?;
            let Some(engine) = &mut self.stand.engine else {
                continue;
            };
            engine.order(&engine::Order::State).await;
            match engine.word_within(PATIENCE).await {
                Ok(Word::State { open, watched }) if open.is_empty() && watched == 0 => return Ok(()),
                Ok(_) => {}
                Err(_) => self.stand.died().await,
            }
            if Instant::now() > deadline {
                // The judge counts what is still open.
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The journal as an engine has it that was started anew.
    async fn fresh_journal(&mut self) -> Result<Vec<engine::Entry>> {
        self.stand.start_anew().await?;
        let Some(engine) = &mut self.stand.engine else {
            bail!("no engine")
        };
        engine.order(&engine::Order::Journal { most: None }).await;
        loop {
            if let Word::Journal { operations } = engine.word_within(PATIENCE).await? {
                self.stand.end_engine().await?;
                return Ok(operations);
            }
        }
    }
}
