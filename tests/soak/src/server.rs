//! The practice marketplace in a process of its own. Its ledger is what the judge believes.
//!
//! It serves HTTP/2 on plain TCP, so that the wire can aim inside a call, and under TLS, so that the handshake is cut as
//! well. It is told what to do in lines of JSON; the client's process has no way to it but the two ports.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use kvit_client::{Limits, Marketplace};
use kvit_domain::message::Talk;
use kvit_sandbox::{Code, Confirmations, Fault, NewInvoice, Options, People, Sandbox, Sats, When};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::talk::{orders, say};

/// What the server is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Order {
    /// Issue public invoices at this price a piece, 1 to 100 pieces.
    Issue {
        /// How many.
        count: u32,
        /// Satoshi a piece.
        price: i64,
    },
    /// Set the buyer's spendable balance.
    Balance {
        /// Satoshi.
        sats: i64,
    },
    /// Change the price of an invoice.
    Price {
        /// Which.
        invoice: u64,
        /// Satoshi a piece.
        price: i64,
    },
    /// Let the next call of an rpc go wrong.
    Arm {
        /// Which rpc, in the contract's spelling.
        rpc: String,
        /// After it was carried out, rather than before.
        after: bool,
        /// How.
        knob: Knob,
    },
    /// Nothing goes wrong any more.
    Clear,
    /// How often an rpc was called.
    Calls {
        /// Which.
        rpc: String,
    },
    /// The trader completes a deal.
    Complete {
        /// Which.
        deal: u64,
    },
    /// Somebody else pays the invoices of the engine's user: events come.
    Sell {
        /// How many times.
        times: u32,
    },
    /// The other side of a talk about an invoice or a payment writes.
    Answer {
        /// The talk's name.
        talk: String,
        /// Words.
        text: String,
    },
    /// News comes twice, in another order, or not at all.
    Spoil {
        /// An event may come so many later than it should; 0: in order.
        reorder: usize,
        /// One in so many comes twice; 0: none.
        duplicate: u32,
        /// Every so-manyeth live one is lost; 0: none.
        lose: u64,
    },
    /// Heartbeats of the streams on or off.
    Heartbeats {
        /// On.
        on: bool,
    },
}

/// What goes wrong with a call at the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Knob {
    /// This gRPC status (1 to 16).
    Status(i32),
    /// This plain HTTP status.
    Http(u16),
    /// Carried out twice, as the front proxy does (marketplace reference, section 2.1).
    Twice,
    /// Carried out, and once more so many milliseconds later.
    TwiceAfter(u64),
    /// Carried out so many milliseconds later.
    Late(u64),
    /// Held up so many milliseconds.
    Delay(u64),
    /// Never answered; heartbeats and pings go on.
    Stall,
}

impl From<Knob> for Fault {
    fn from(knob: Knob) -> Self {
        match knob {
            Knob::Status(code) => Self::Refuse(Code::from(code), "a fault of the wire".to_owned()),
            Knob::Http(status) => Self::Http(status),
            Knob::Twice => Self::Twice,
            Knob::TwiceAfter(wait) => Self::TwiceAfter(Duration::from_millis(wait)),
            Knob::Late(wait) => Self::Late(Duration::from_millis(wait)),
            Knob::Delay(wait) => Self::Delay(Duration::from_millis(wait)),
            Knob::Stall => Self::Hang,
        }
    }
}

/// What the server answers: one word for each order, and the door first.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum Word {
    /// How to get in.
    Door(Door),
    /// Done; the numbers of what was made, or the count asked for.
    Done {
        /// The numbers.
        numbers: Vec<u64>,
    },
    /// Not done.
    Failed {
        /// Why.
        why: String,
    },
}

/// How a client gets in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Door {
    /// HTTP/2 without TLS.
    pub plain: SocketAddr,
    /// HTTP/2 under TLS.
    pub tls: SocketAddr,
    /// SHA-256 of the certificate, lower-case hex.
    pub certificate: String,
    /// The buyer's token.
    pub token: String,
    /// The marketplace's OpenPGP key, armored.
    pub key: String,
}

/// Runs the server until standard input ends.
///
/// # Errors
/// The marketplace does not open, or cannot listen.
pub async fn serve(ledger: PathBuf, seed: u64) -> Result<()> {
    let options = Options {
        seed: Some(seed),
        people: People::Still,
        surprises: false,
        // A signature takes milliseconds, and every page has a hundred: each payment's is made once.
        confirmations: Confirmations::Kept,
        ledger: Some(ledger),
        ..Options::default()
    };
    let sandbox = Arc::new(Sandbox::open(options).await?);
    let tls = sandbox.serve_tcp().await?;
    let port = tls.address.rsplit(':').next().unwrap_or_default().parse()?;
    let plain = TcpListener::bind(("127.0.0.1", 0)).await?;
    say(&Word::Door(Door {
        plain: plain.local_addr()?,
        tls: SocketAddr::from(([127, 0, 0, 1], port)),
        certificate: tls.certificate_sha256,
        token: sandbox.token(),
        key: sandbox.public_key(),
    }));
    tokio::spawn(bridge(plain, Arc::clone(&sandbox)));
    let mut orders = orders();
    while let Some(order) = orders.recv().await {
        let word = match obey(&sandbox, order).await {
            Ok(numbers) => Word::Done { numbers },
            Err(error) => Word::Failed {
                why: format!("{error:#}"),
            },
        };
        say(&word);
    }
    Ok(())
}

/// Plain TCP to connections in memory.
async fn bridge(listener: TcpListener, sandbox: Arc<Sandbox>) {
    loop {
        let Ok((mut socket, _)) = listener.accept().await else {
            continue;
        };
        let _ = socket.set_nodelay(true);
        let mut inside = sandbox.connect_in_memory();
        tokio::spawn(async move {
            // A connection that breaks is what this program is about.
            let _ = tokio::io::copy_bidirectional(&mut socket, &mut inside).await;
        });
    }
}

async fn obey(sandbox: &Arc<Sandbox>, order: Order) -> Result<Vec<u64>> {
    let seller = || -> Result<String> { sandbox.logins()?.into_iter().next().context("nobody sells here") };
    match order {
        Order::Issue { count, price } => {
            let seller = seller()?;
            let one = || Ok(sandbox.issue_invoice(NewInvoice::public(&seller, sats(price)?))?);
            (0..count).map(|_| one()).collect()
        }
        Order::Balance { sats: to } => {
            sandbox.set_balance(&sandbox.login()?, sats(to)?)?;
            Ok(Vec::new())
        }
        Order::Price { invoice, price } => {
            sandbox.set_invoice_price(invoice, sats(price)?)?;
            Ok(Vec::new())
        }
        Order::Arm { rpc, after, knob } => {
            let when = if after { When::After } else { When::Before };
            sandbox.faults().once(&rpc, when, knob.into());
            Ok(Vec::new())
        }
        Order::Clear => {
            sandbox.faults().clear();
            Ok(Vec::new())
        }
        Order::Calls { rpc } => Ok(vec![sandbox.faults().calls(&rpc)]),
        Order::Complete { deal } => {
            sandbox.trader_completes(deal)?;
            Ok(Vec::new())
        }
        Order::Sell { times } => {
            let (me, buyer) = (sandbox.login()?, seller()?);
            sandbox.set_balance(&buyer, sats(100_000_000)?)?;
            let invoice = sandbox.issue_invoice(NewInvoice::public(&me, sats(1_000)?))?;
            (0..times).map(|_| Ok(sandbox.buy(&buyer, invoice, 1)?)).collect()
        }
        Order::Answer { talk, text } => {
            let seller = line_of(sandbox, &seller()?)?;
            let written = match talk.parse()? {
                Talk::Invoice { invoice, buyer } => {
                    seller
                        .send_invoice_message(invoice, Some(buyer), &text, &[])
                        .await
                }
                Talk::Payment(payment) => seller.send_payment_message(payment, &text, &[]).await,
                Talk::Deal(deal) => bail!("the trader of deal {deal} is another one"),
            };
            written.map_err(|fault| anyhow!("{fault}"))?;
            Ok(Vec::new())
        }
        Order::Spoil {
            reorder,
            duplicate,
            lose,
        } => {
            sandbox.faults().reorder_events(reorder);
            sandbox.faults().duplicate_events(duplicate);
            sandbox.faults().lose_events(lose);
            Ok(Vec::new())
        }
        Order::Heartbeats { on } => {
            sandbox.faults().heartbeats(on);
            Ok(Vec::new())
        }
    }
}

/// A line of somebody who lives at the marketplace; it does not pass the wire.
fn line_of(sandbox: &Arc<Sandbox>, login: &str) -> Result<Marketplace> {
    let token = SecretString::from(sandbox.mint_token(login)?);
    let sandbox = Arc::clone(sandbox);
    Marketplace::over(move || Ok(sandbox.connect_in_memory()), &token, Limits::default())
        .map_err(|fault| anyhow!("{fault}"))
}

fn sats(amount: i64) -> Result<Sats> {
    if amount < 0 {
        bail!("{amount} is no amount");
    }
    Ok(Sats(amount))
}
