//! Knobs for tests: the world changed directly, past the rules of the contract but not past the books.

mod talk;

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::books::advertisements::Pricing;
use crate::books::users::Role;
use crate::books::{MARKETPLACE, invoices};
use crate::clock::Moment;
use crate::hub::Token;
use crate::money::{Cents, Sats};
use crate::refusal::Refusal;
use crate::sandbox::{Sandbox, new_token, token_name};
use crate::world::{self, bulk};

/// A price as a seller names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// Fixed in bitcoin.
    Btc(Sats),
    /// In hundredths of the invoice's currency, following the rates.
    Fiat(Cents),
}

/// An invoice to be issued by [`Sandbox::issue_invoice`].
#[derive(Clone, Debug)]
pub struct NewInvoice {
    /// Login of the seller.
    pub owner: String,
    /// Login of the named buyer; `None` makes it public.
    pub target: Option<String>,
    /// One piece (public) or the whole (private).
    pub price: Price,
    /// Fiat code, also for bitcoin prices.
    pub currency: String,
    /// Fewest and most pieces of a purchase; private invoices ignore them.
    pub pieces: (u32, u32),
    /// The most is a stock that purchases use up.
    pub limited: bool,
    /// Life of a private invoice, minutes, 15 to 43200.
    pub ttl_minutes: u32,
    /// What is sold.
    pub comment: String,
    /// Texts handed out, one per piece.
    pub secrets: Vec<String>,
}

impl NewInvoice {
    /// A public invoice of `owner` at a bitcoin price, 1 to 100 pieces, no stock, no secrets.
    #[must_use]
    pub fn public(owner: &str, price: Sats) -> NewInvoice {
        NewInvoice {
            owner: owner.to_owned(),
            target: None,
            price: Price::Btc(price),
            currency: "USD".to_owned(),
            pieces: (1, 100),
            limited: false,
            ttl_minutes: 60,
            comment: String::new(),
            secrets: Vec::new(),
        }
    }

    /// A private invoice from `owner` to `target` at a bitcoin price, valid for an hour.
    #[must_use]
    pub fn private(owner: &str, target: &str, price: Sats) -> NewInvoice {
        NewInvoice {
            target: Some(target.to_owned()),
            ..NewInvoice::public(owner, price)
        }
    }
}

/// Defects of the closed exchange that a test can bring back (marketplace reference, section 20.3). All are off at
/// first and after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Defects {
    /// Row 37: a refund of n pieces costs n times n pieces.
    pub refunds_charged_again: bool,
    /// Row 42: GetConversationsById shows everybody's conversations about a public invoice to anybody.
    pub conversations_leak: bool,
    /// Row 43: GetConversations leaves out a buyer's conversations about public invoices he has not paid.
    pub unpaid_conversations_missing: bool,
    /// Row 43: a seller cannot delete conversations about payments, nor a buyer those about public invoices.
    pub conversations_stay: bool,
    /// Section 8: conversations and their messages come in no order.
    pub conversations_unordered: bool,
    /// Row 19: the original of a picture is kept as it was sent, EXIF included.
    pub originals_as_sent: bool,
}

impl Sandbox {
    /// Switches defects of the closed exchange on and off.
    pub fn set_defects(&self, defects: Defects) -> Result<(), Refusal> {
        self.hub().act(|books, _| {
            books.defects = defects;
            Ok(())
        })
    }

    /// Login name of the local user.
    pub fn login(&self) -> Result<String, Refusal> {
        self.hub()
            .read(|books| Ok(books.user(self.local())?.login.clone()))
    }

    /// Login names of all simulated sellers, traders and buyers.
    pub fn logins(&self) -> Result<Vec<String>, Refusal> {
        self.hub().read(|books| {
            let simulated = books.users.values().filter(|user| user.is_simulated());
            Ok(simulated.map(|user| user.login.clone()).collect())
        })
    }

    /// Spendable and deposited bitcoin of a user.
    pub fn balance(&self, login: &str) -> Result<(Sats, Sats), Refusal> {
        self.hub().read(|books| {
            let user = books.user_by_login(login).ok_or(Refusal::UserNotFound)?;
            Ok((user.confirmed, user.deposited))
        })
    }

    /// Sets the spendable balance of a user. This is the one way bitcoin enters or leaves the books.
    pub fn set_balance(&self, login: &str, to: Sats) -> Result<(), Refusal> {
        if to < Sats::ZERO {
            return Err(Refusal::InsufficientFunds);
        }
        self.hub().act(|books, _| {
            let user = books.user_by_login(login).ok_or(Refusal::UserNotFound)?;
            let (id, has) = (user.id, user.confirmed);
            books.debit(id, has, Refusal::Internal)?;
            books.credit(id, to)
        })
    }

    /// Sets the price of an ad by hand (hundredths of its currency per bitcoin); it no longer follows the rates.
    pub fn set_ad_price(&self, advertisement: u64, price: Cents) -> Result<(), Refusal> {
        self.hub().act(|books, _| {
            let ad = books
                .advertisements
                .edit(advertisement)
                .ok_or(Refusal::AdNotFound)?;
            ad.pricing = Pricing::Fixed(price);
            ad.price = price;
            Ok(())
        })
    }

    /// Switches an ad on or off.
    pub fn enable_ad(&self, advertisement: u64, on: bool) -> Result<(), Refusal> {
        self.hub().act(|books, _| {
            books
                .advertisements
                .edit(advertisement)
                .ok_or(Refusal::AdNotFound)?
                .enabled = on;
            Ok(())
        })
    }

    /// Sets the stored bitcoin price of an invoice (one piece, or the whole of a private one).
    pub fn set_invoice_price(&self, invoice: u64, price: Sats) -> Result<(), Refusal> {
        self.hub().act(|books, _| {
            let row = books.invoices.edit(invoice).ok_or(Refusal::InvoiceNotFound)?;
            row.price = invoices::Price::Btc(price);
            row.current_price = price;
            Ok(())
        })
    }

    /// Issues an invoice and returns its number; a private one costs its owner the fee.
    pub fn issue_invoice(&self, new: NewInvoice) -> Result<u64, Refusal> {
        self.hub().act(|books, now| {
            let id = |login: &str| {
                books
                    .user_by_login(login)
                    .map(|user| user.id)
                    .ok_or(Refusal::UserNotFound)
            };
            let (owner, target) = (id(&new.owner)?, new.target.as_deref().map(id).transpose()?);
            books.issue(
                invoices::NewInvoice {
                    owner,
                    target,
                    price: match new.price {
                        Price::Btc(amount) => invoices::Price::Btc(amount),
                        Price::Fiat(amount) => invoices::Price::Fiat(amount),
                    },
                    currency: new.currency,
                    variable: "bitstamp_usd".to_owned(),
                    ttl_minutes: new.ttl_minutes,
                    comment: new.comment,
                    pieces_min: new.pieces.0,
                    pieces_max: new.pieces.1,
                    limited: new.limited,
                    secrets: new
                        .secrets
                        .into_iter()
                        .map(|text| (text, String::new()))
                        .collect(),
                },
                now,
            )
        })
    }

    /// Sets every exchange to this many hundredths of a USD per bitcoin; ads and invoices follow.
    pub fn set_market(&self, dollars: Cents) -> Result<(), Refusal> {
        if dollars <= Cents::ZERO {
            return Err(Refusal::Internal);
        }
        self.hub().act(|books, now| {
            for rate in books.rates_mut()?.exchanges.values_mut() {
                *rate = dollars;
            }
            books.refresh_prices(now)
        })
    }

    /// Makes a user anonymous, or ordinary again.
    pub fn set_anonymous(&self, login: &str, anonymous: bool) -> Result<(), Refusal> {
        self.hub().act(|books, _| {
            let id = books.user_by_login(login).ok_or(Refusal::UserNotFound)?.id;
            books.edit_user(id, |user| {
                user.anonymous = anonymous;
                Ok(())
            })
        })
    }

    /// Lets a simulated user pay an invoice from balance; the payment's number.
    pub fn buy(&self, login: &str, invoice: u64, pieces: u32) -> Result<u64, Refusal> {
        self.hub().act(|books, now| {
            let buyer = books
                .user_by_login(login)
                .map(|user| user.id)
                .ok_or(Refusal::UserNotFound)?;
            books.pay_from_balance(buyer, invoice, pieces, now)
        })
    }

    /// Adds `count` decided payments from and to the local user, as if they had been made between the newest payment
    /// and now, and up to three that are pending. Nobody is told. For a past of months, ask for it at first start
    /// ([`Options::past`](crate::Options::past)), or move a manual clock first. Bitcoin enters the books with it.
    pub fn bulk_payments(&self, count: u32) -> Result<(), Refusal> {
        let (you, seed) = (self.local(), self.hub().seed);
        self.hub().act(|books, now| {
            let newest = books.payments.values().next_back();
            let from = newest.map_or(now, |payment| payment.created_at);
            let mut rng = StdRng::seed_from_u64(seed ^ u64::from(count));
            bulk::decided(books, &mut rng, you, count, (from, now))?;
            bulk::pending(books, you, now)
        })
    }

    /// Lets one more person in, next to the local user: the simulated people no longer act for `login`, which is made
    /// with an opening balance if there is nobody of that name (bitcoin enters the books with it). His token, which
    /// stays the same at every start.
    pub fn join(&self, login: &str) -> Result<String, Refusal> {
        let seed = self.hub().seed;
        let user = self.hub().act(|books, now| {
            let known = books.user_by_login(login).map(|user| (user.id, user.role));
            let id = match known {
                Some((_, Role::Marketplace)) => return Err(Refusal::UserNotFound),
                Some((id, _)) => id,
                None => {
                    let mut rng = StdRng::seed_from_u64(
                        seed.rotate_left(8)
                            ^ books.users.values().map(|user| user.id).max().unwrap_or_default(),
                    );
                    world::newcomer(books, &mut rng, login, now)?
                }
            };
            books.edit_user(id, |user| {
                user.role = Role::Local;
                Ok(())
            })?;
            Ok(id)
        })?;
        let token = if user == self.local() {
            self.token()
        } else {
            self.hub().lasting_token(&token_name(login), new_token(None))?
        };
        self.hub().admit(token.clone(), Token::lasting(user));
        Ok(token)
    }

    /// Lets the trader of a deal cancel it.
    pub fn trader_cancels(&self, deal: u64) -> Result<(), Refusal> {
        self.hub().act(|books, now| {
            let owner = books.deal(deal)?.owner;
            books.cancel_deal(owner, deal, now)
        })
    }

    /// Lets the trader of a deal complete it now, declared or not.
    pub fn trader_completes(&self, deal: u64) -> Result<(), Refusal> {
        self.hub().act(|books, now| {
            let owner = books.deal(deal)?.owner;
            books.i_payed(owner, deal, now)
        })
    }

    /// Blocks or unblocks `other` for `login`: a blocked user does not see the ads of the one who blocks.
    pub fn block(&self, login: &str, other: &str, blocked: bool) -> Result<(), Refusal> {
        self.hub().act(|books, _| {
            let id = |login: &str| {
                books
                    .user_by_login(login)
                    .map(|user| user.id)
                    .ok_or(Refusal::UserNotFound)
            };
            let (who, whom) = (id(login)?, id(other)?);
            books.edit_user(who, |user| {
                if blocked {
                    user.blocked.insert(whom);
                } else {
                    user.blocked.remove(&whom);
                }
                Ok(())
            })
        })
    }

    /// All bitcoin in the books: everybody's spendable and deposited balance and the fees taken.
    pub fn total(&self) -> Result<Sats, Refusal> {
        self.hub().read(|books| {
            books.users.values().try_fold(Sats::ZERO, |sum, user| {
                sum.plus(user.confirmed)?.plus(user.deposited)
            })
        })
    }

    /// Fees the marketplace has taken so far.
    pub fn fees(&self) -> Result<Sats, Refusal> {
        self.hub().read(|books| Ok(books.user(MARKETPLACE)?.confirmed))
    }

    /// A new valid token for any user. Tokens of this kind end with the process.
    pub fn mint_token(&self, login: &str) -> Result<String, Refusal> {
        self.mint(login, None, true)
    }

    /// A token that has expired already.
    pub fn mint_expired_token(&self, login: &str) -> Result<String, Refusal> {
        self.mint(login, Some(Moment::default()), true)
    }

    /// A valid token without scope `trade`.
    pub fn mint_token_without_scope(&self, login: &str) -> Result<String, Refusal> {
        self.mint(login, None, false)
    }

    /// Makes a token unknown, the local user's own included, until the next start.
    pub fn revoke_token(&self, token: &str) {
        self.hub().revoke(token);
    }

    fn mint(&self, login: &str, expires: Option<Moment>, may_trade: bool) -> Result<String, Refusal> {
        let user = self.hub().read(|books| {
            books
                .user_by_login(login)
                .map(|user| user.id)
                .ok_or(Refusal::UserNotFound)
        })?;
        let secret = new_token(None);
        self.hub().admit(
            secret.clone(),
            Token {
                user,
                expires,
                may_trade,
            },
        );
        Ok(secret)
    }
}
