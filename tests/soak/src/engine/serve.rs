//! The process.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use kvit_client::{Marketplace, Target};
use kvit_domain::Timestamp;
use kvit_domain::advertisement::FiatChoice;
use kvit_domain::fault::{Fault, FaultCode, MoneyMoved};
use kvit_domain::id::{DealId, InvoiceId, PaymentId};
use kvit_domain::money::Sats;
use kvit_domain::news::News;
use kvit_engine::account::AccountId;
use kvit_engine::{
    Account, ConnectionState, Connector, Engine, EngineParts, Operation, OperationState, Pace, PayByDeal,
    PayEnd, PayFromBalance, Practice, PracticeDoor, Shell, Topic,
};
use kvit_vault::MemoryVault;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::points::{Gate, hold_at, kill_at, panic_at};
use super::sends::Desk;
use super::{Act, End, Entry, Order, State, Word};
use crate::pace::Scale;
use crate::talk::{orders, say};

/// What an engine's process is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Start {
    /// The app's folder.
    pub folder: PathBuf,
    /// Where the wire listens.
    pub address: SocketAddr,
    /// SHA-256 of the certificate, if the line is under TLS.
    pub tls: Option<String>,
    /// The buyer's token.
    pub token: String,
    /// The marketplace's key, armored.
    pub key: String,
    /// How much shorter the limits are.
    pub scale: Scale,
    /// A planted mistake.
    pub planted: Option<String>,
}

/// So long a start waits for the line.
const CONNECTING: Duration = Duration::from_secs(3);
/// Operations of the journal read at once.
const PAGE: u32 = 200;
/// Settled operations looked through for those that are still watched: more than can be made in that time.
const WATCHED_AMONG: usize = 400;

/// A shell without a window.
struct Quiet;

impl Shell for Quiet {
    fn changed(&self, _: &[Topic]) {}

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn tell(&self, news: &News) {
        tracing::debug!(?news, "told");
    }
}

/// The marketplace is the server's process; its door was told at the start.
struct Door(Start);

impl Practice for Door {
    fn open<'a>(
        &'a self,
        _: &'a Path,
    ) -> Pin<Box<dyn Future<Output = std::result::Result<PracticeDoor, Fault>> + Send + 'a>> {
        Box::pin(async {
            Ok(PracticeDoor {
                address: format!("https://localhost:{}", self.0.address.port()),
                certificate_sha256: self.0.tls.clone().unwrap_or_else(|| "00".repeat(32)),
                token: SecretString::from(self.0.token.clone()),
                public_key: self.0.key.clone(),
            })
        })
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }
}

/// Lines through the wire.
struct ThroughTheWire(Start);

impl Connector for ThroughTheWire {
    fn open(&self, _: &Account, token: SecretString) -> std::result::Result<Marketplace, Fault> {
        let Start {
            address, tls, scale, ..
        } = &self.0;
        if let Some(certificate) = tls {
            let target = Target::parse(&format!("https://localhost:{}", address.port()), "", certificate)?;
            return Marketplace::connect(&target, &token, scale.limits());
        }
        let address = *address;
        let connect = move || {
            let socket = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200))?;
            socket.set_nonblocking(true)?;
            socket.set_nodelay(true)?;
            tokio::net::TcpStream::from_std(socket)
        };
        Marketplace::over(connect, &token, scale.limits())
    }
}

/// Runs the engine until standard input ends.
///
/// # Errors
/// It does not open.
pub async fn serve(start: Start) -> Result<()> {
    if let Some(planted) = &start.planted {
        crate::plant(planted)?;
    }
    let engine = Engine::open(EngineParts {
        folder: start.folder.clone(),
        shell: Quiet,
        vault: Arc::new(MemoryVault::new()),
        practice: Box::new(Door(start.clone())),
        connector: Box::new(ThroughTheWire(start.clone())),
        pace: Pace::REAL.faster(start.scale.0),
    })
    .map_err(|fault| anyhow!("the engine does not open: {fault}"))?;
    let account = match engine.state().current {
        Some(account) => {
            engine.resume().await;
            account
        }
        None => {
            engine
                .start_practice()
                .await
                .map_err(|fault| anyhow!("no account: {fault}"))?
                .id
        }
    };
    if let Some(fault) = engine.state().store.fault {
        say(&Word::Failed {
            why: format!("the store: {fault}"),
        });
        return Ok(());
    }
    let connected = async {
        while engine.state().connection.state != ConnectionState::Connected {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // A line that is cut from the start is part of the game.
    let _ = tokio::time::timeout(CONNECTING, connected).await;
    say(&Word::Ready {
        open: engine.state().operations.len(),
    });
    let gate = Gate::default();
    let mut desk = Desk::new(engine.clone(), account);
    let mut orders = orders();
    while let Some(order) = orders.recv().await {
        match order {
            Order::Act { ask, act } => {
                let engine = engine.clone();
                tokio::spawn(async move {
                    let acting = tokio::spawn(async move { perform(&engine, account, act).await });
                    let end = match acting.await {
                        Ok(end) => end,
                        // As the app does: a panic is no answer, and the money is where it is.
                        Err(_) => End::Refused {
                            code: "panicked".to_owned(),
                            money_unknown: true,
                        },
                    };
                    say(&Word::Told { ask, end });
                });
            }
            Order::Journal { most } => match journal(&engine, most.unwrap_or(usize::MAX)) {
                Ok(operations) => say(&Word::Journal {
                    operations: operations.iter().map(entry).collect(),
                }),
                Err(fault) => say(&Word::Failed {
                    why: format!("the journal: {fault}"),
                }),
            },
            Order::State => match journal(&engine, WATCHED_AMONG) {
                Ok(newest) => say(&Word::State {
                    open: engine.unsettled().iter().map(entry).collect(),
                    watched: newest
                        .iter()
                        .filter(|op| op.intent.act.pays() && !op.watched && !op.state.is_open())
                        .count(),
                }),
                Err(fault) => say(&Word::Failed {
                    why: format!("the journal: {fault}"),
                }),
            },
            Order::PanicAt { point } => panic_at(&point),
            Order::KillAt { point, nth } => kill_at(&point, nth),
            Order::HoldAt { point } => hold_at(&point, &gate),
            Order::Go => gate.open(),
            Order::Talks { order } => desk.obey(order)?,
        }
    }
    engine.shut().await;
    Ok(())
}

/// The journal, newest first: about `most` of it.
pub(crate) fn journal<S: Shell>(
    engine: &Engine<S>,
    most: usize,
) -> std::result::Result<Vec<Operation>, Fault> {
    let mut newest = Vec::new();
    let mut before = None;
    while newest.len() < most {
        let page = engine.operations(before, PAGE)?;
        let Some((number, _)) = page.last() else { break };
        before = Some(*number);
        newest.extend(page.into_iter().map(|(_, operation)| operation));
    }
    Ok(newest)
}

/// An operation as the judge reads it.
pub(crate) fn entry(operation: &Operation) -> Entry {
    let intent = &operation.intent;
    Entry {
        id: operation.id.to_string(),
        act: format!("{:?}", intent.act),
        invoice: intent.invoice.map(InvoiceId::get),
        pieces: intent.pieces,
        about: intent.payment.map(PaymentId::get),
        deal: intent.deal.map(DealId::get),
        state: match operation.state {
            OperationState::Done(_) => State::Done,
            OperationState::Refused(_) => State::Refused,
            OperationState::ProvenAbsent => State::Absent,
            _ => State::Open,
        },
        made: match operation.state {
            OperationState::Done(payment) => payment.map(PaymentId::get),
            _ => None,
        },
        doubles: operation.doubles.iter().map(|payment| payment.get()).collect(),
        differs: operation.taken.is_some_and(|taken| taken.differs),
    }
}

/// Does it, and says what a person is told.
pub(crate) async fn perform<S: Shell>(engine: &Engine<S>, account: AccountId, act: Act) -> End {
    match try_to(engine, account, act).await {
        Ok(end) => end,
        Err(fault) => refused(&fault),
    }
}

fn refused(fault: &Fault) -> End {
    match fault.value("operation") {
        Some(operation) if fault.code == FaultCode::OutcomeUnknown => End::Unknown {
            operation: operation.to_owned(),
        },
        _ => End::Refused {
            code: fault.code.name().to_owned(),
            money_unknown: fault.money != MoneyMoved::No,
        },
    }
}

async fn try_to<S: Shell>(
    engine: &Engine<S>,
    account: AccountId,
    act: Act,
) -> std::result::Result<End, Fault> {
    let wrong = || Fault::new(FaultCode::Internal);
    Ok(match act {
        Act::Pay {
            invoice,
            pieces,
            seen,
        } => {
            let request = PayFromBalance {
                account,
                invoice: InvoiceId::new(invoice).ok_or_else(wrong)?,
                pieces,
                seen: Sats::new(seen).map_err(|_| wrong())?,
            };
            ended(engine.pay_from_balance(request).await)
        }
        Act::PayByDeal {
            invoice,
            pieces,
            seen,
            country,
            currency,
            payment_type,
            chosen,
        } => {
            let invoice = InvoiceId::new(invoice).ok_or_else(wrong)?;
            let choice = FiatChoice {
                country,
                currency: currency.parse().map_err(|_| wrong())?,
                payment_type,
            };
            let offers = engine.suitable_ads(invoice, pieces, &choice).await?;
            let best = offers.offers.first().ok_or_else(wrong)?;
            let request = PayByDeal {
                account,
                invoice,
                pieces,
                seen: Sats::new(seen).map_err(|_| wrong())?,
                seen_fiat: best.cost.amount(),
                ad: chosen.then_some(best.ad.id),
                choice,
            };
            ended(engine.pay_by_deal(request).await)
        }
        Act::Cancel { payment } => {
            let id = PaymentId::new(payment).ok_or_else(wrong)?;
            engine.cancel_payment(account, id).await?;
            done(Some(payment))
        }
        Act::Declare { deal } => {
            let id = DealId::new(deal).ok_or_else(wrong)?;
            let seen = engine.deal(id).await?;
            let seen = engine.declare_paid(account, id, seen.deal.fiat.amount()).await?;
            done(seen.deal.payment.map(PaymentId::get))
        }
        Act::CancelDeal { deal } => {
            let seen = engine
                .cancel_deal(account, DealId::new(deal).ok_or_else(wrong)?)
                .await?;
            done(seen.deal.payment.map(PaymentId::get))
        }
    })
}

fn done(payment: Option<u64>) -> End {
    End::Done {
        payment,
        deal: None,
        differs: false,
    }
}

fn ended(end: PayEnd) -> End {
    match end {
        PayEnd::Done { payment, differs, .. } => End::Done {
            payment: Some(payment.payment.id.get()),
            deal: payment.payment.deal.as_deref().map(|deal| deal.id.get()),
            differs,
        },
        PayEnd::Refused(fault) => refused(&fault),
        PayEnd::Unknown(operation) => End::Unknown {
            operation: operation.id.to_string(),
        },
    }
}
