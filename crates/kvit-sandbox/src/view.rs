//! The books as somebody may see them, in the contract's messages (marketplace reference, sections 5 and 6.6).
//!
//! Confirmations stay empty here; they are signed when the answer leaves (see `signing`).

mod talk;

use std::collections::HashMap;

use kvit_proto::v1;

use crate::books::Books;
use crate::books::events::{Notice, What};
use crate::books::invoices::{Invoice, InvoiceStatus, Price};
use crate::books::messages::Message;
use crate::books::payments::PaymentStatus;
use crate::clock::timestamp_or_none;
use crate::money::{self, Cents, Sats};
use crate::refusal::Refusal;

/// The books through the eyes of one user.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub books: &'a Books,
    pub viewer: u64,
}

impl View<'_> {
    /// A user's public page.
    pub(crate) fn user(self, id: u64) -> Result<v1::UserInfo, Refusal> {
        let user = self.books.user(id)?;
        let viewer = self.books.user(self.viewer)?;
        let past = &user.standing;
        let mut delays = past.delays.clone();
        delays.sort_unstable();
        let sum: i64 = delays.iter().map(|seconds| i64::from(*seconds)).sum();
        let count = u32::try_from(delays.len()).unwrap_or(u32::MAX);
        let average = |volume: Sats, count: u32| Some(Sats(money::mean(volume.0, count)).decimal());
        let seen = self.books.seen.get(&id).copied().unwrap_or(user.last_online);
        Ok(v1::UserInfo {
            id: user.guid.clone(),
            username: user.login.clone(),
            trades_avg_amount: average(past.trades_volume, past.trades),
            trades_count: past.trades,
            counterpartys_count: past.partners,
            response_rate: Some(money::percentage(past.deals_praised, past.deals_judged).decimal()),
            first_trade_date: Some(timestamp_or_none(past.first_trade)),
            created_at: Some(user.created_at.timestamp()),
            last_online: Some(seen.max(user.last_online).timestamp()),
            trusted_count: past.trusted_by,
            blocked_count: past.blocked_by,
            avg_delay_seconds: u32::try_from(money::mean(sum, count)).unwrap_or_default(),
            median_delay_seconds: delays.get(delays.len() / 2).copied().unwrap_or_default(),
            introduction: user.introduction.clone(),
            site: user.site.clone(),
            timezone: user.timezone.clone(),
            // The closed exchange never filled these two; section 20, row 34 asks for them.
            is_trusted: viewer.trusted.contains(&id),
            is_blocked: viewer.blocked.contains(&id),
            invoices_created_count: past.invoices_created,
            payments_payed_avg_amount: average(past.paid_volume, past.paid),
            payments_payed_count: past.paid,
            payments_received_avg_amount: average(past.received_volume, past.received),
            payments_received_count: past.received,
            invoice_response_rate: Some(
                money::percentage(past.invoices_praised, past.invoices_judged).decimal(),
            ),
            is_anonymous: user.anonymous,
        })
    }

    /// The viewer's own profile.
    pub(crate) fn profile(self) -> Result<v1::MyProfileResponse, Refusal> {
        let user = self.books.user(self.viewer)?;
        Ok(v1::MyProfileResponse {
            user_id: user.guid.clone(),
            username: user.login.clone(),
            email: String::new(),
            enabled_two_fa: false,
            email_verifed: false,
            timezone: user.timezone.clone(),
            introduction: user.introduction.clone(),
            site: user.site.clone(),
            sales_disabled: user.sales_disabled,
            buys_disabled: user.buys_disabled,
            default_currency: user.currency.clone(),
            bought_options: Some(v1::BoughtOptions {
                auto_price_recalcs: 0,
            }),
            is_anonymous: user.anonymous,
        })
    }

    /// The viewer's balance.
    pub(crate) fn balance(self) -> Result<v1::Balance, Refusal> {
        let user = self.books.user(self.viewer)?;
        Ok(v1::Balance {
            confirmed: Some(user.confirmed.decimal()),
            un_confirmed: Some(Sats::ZERO.decimal()),
            deposited: Some(user.deposited.decimal()),
        })
    }

    /// An invoice as it is now.
    pub(crate) fn invoice(self, id: u64) -> Result<v1::Invoice, Refusal> {
        let invoice = self.books.invoice(id)?;
        let mut message = self.invoice_as(invoice)?;
        if invoice.owner == self.viewer {
            let unsold = self
                .books
                .secrets
                .values()
                .filter(|secret| secret.invoice == id && secret.payment.is_none());
            message.secrets_count = u32::try_from(unsold.count()).unwrap_or(u32::MAX);
        }
        message.integration = Some(v1::invoice::Integration::NoIntegration(true));
        Ok(message)
    }

    /// An invoice, live or as remembered by a payment: without secrets and integration.
    fn invoice_as(self, invoice: &Invoice) -> Result<v1::Invoice, Refusal> {
        use v1::invoice::{NullableRefund, NullableTargetUser};
        let (is_base_crypto, price) = match invoice.price {
            Price::Btc(amount) => (true, amount.decimal()),
            Price::Fiat(amount) => (false, amount.decimal()),
        };
        Ok(v1::Invoice {
            id: invoice.id,
            is_private: invoice.is_private(),
            is_base_crypto,
            price: Some(price),
            fiat_currency: invoice.currency.clone(),
            price_variable: invoice.variable.clone(),
            ttl_minutes: invoice.ttl_minutes,
            comment: invoice.comment.clone(),
            pieces_min: invoice.pieces_min,
            pieces_max: invoice.pieces_max,
            status: if invoice.hidden_from_target && invoice.target == Some(self.viewer) {
                InvoiceStatus::Deleted.number()
            } else {
                invoice.status.number()
            },
            total_payed_crypto: Some(invoice.total.decimal()),
            payments_count: invoice.payments,
            owner: Some(self.user(invoice.owner)?),
            created_at: Some(invoice.created_at.timestamp()),
            valid_to: Some(timestamp_or_none(invoice.valid_to())),
            fee: Some(invoice.fee.decimal()),
            limit_liquidity: invoice.limited,
            current_crypto_price: Some(invoice.current_price.decimal()),
            service: v1::invoice::ServiceType::None.into(),
            images: Vec::new(),
            secrets_count: 0,
            nullable_target_user: Some(match invoice.target {
                Some(target) => NullableTargetUser::TargetUser(self.user(target)?),
                None => NullableTargetUser::TargetUserIsNull(true),
            }),
            nullable_refund: Some(match invoice.refund_of {
                Some(payment) => NullableRefund::RefundPaymentId(payment),
                None => NullableRefund::RefundIsNull(true),
            }),
            integration: None,
        })
    }

    /// A payment with its deal, if the viewer is the buyer.
    pub(crate) fn payment(self, id: u64) -> Result<v1::InvoicePayment, Refusal> {
        use v1::invoice_payment::NullableDeal;
        let mut message = self.payment_without_deal(id)?;
        let payment = self.books.payment(id)?;
        if let Some(deal) = payment.deal.filter(|_| payment.owner == self.viewer) {
            let deal = self.deal_without_payment(deal)?;
            message.nullable_deal = Some(NullableDeal::Deal(Box::new(deal)));
        }
        Ok(message)
    }

    fn payment_without_deal(self, id: u64) -> Result<v1::InvoicePayment, Refusal> {
        use v1::invoice_payment::{NullableDeal, NullableOwnerFeedback, NullableSellerFeedback};
        let payment = self.books.payment(id)?;
        let refunds = if payment.seller == self.viewer {
            payment
                .refunds
                .iter()
                .map(|id| self.invoice(*id))
                .collect::<Result<_, _>>()?
        } else {
            Vec::new()
        };
        let invoice = match &payment.snapshot {
            Some(snapshot) => self.invoice_as(snapshot)?,
            None => self.invoice(payment.invoice)?,
        };
        Ok(v1::InvoicePayment {
            id: payment.id,
            crypto_amount: Some(payment.amount.decimal()),
            created_at: Some(payment.created_at.timestamp()),
            confirmation: String::new(),
            owner: Some(self.user(payment.owner)?),
            invoice: Some(invoice),
            status: payment.status.number(),
            pieces: payment.pieces,
            is_refund: self.books.invoice(payment.invoice)?.refund_of.is_some(),
            refunds,
            refunded: payment.refunded,
            refunding: payment.refunding,
            odd_promise: String::new(),
            secrets: if payment.status == PaymentStatus::Paid {
                self.secrets(id)
            } else {
                Vec::new()
            },
            ln_invoice: String::new(),
            nullable_seller_feedback: Some(match payment.seller_feedback {
                Some(id) => NullableSellerFeedback::SellerFeedback(self.payment_feedback(id)?),
                None => NullableSellerFeedback::SellerFeedbackIsNull(true),
            }),
            nullable_owner_feedback: Some(match payment.owner_feedback {
                Some(id) => NullableOwnerFeedback::OwnerFeedback(self.payment_feedback(id)?),
                None => NullableOwnerFeedback::OwnerFeedbackIsNull(true),
            }),
            nullable_deal: Some(NullableDeal::DealIsNull(true)),
        })
    }

    fn secrets(self, payment: u64) -> Vec<v1::InvoiceSecret> {
        let mut sold: Vec<v1::InvoiceSecret> = self
            .books
            .secrets
            .iter()
            .filter(|(_, secret)| secret.payment == Some(payment))
            .map(|(id, secret)| v1::InvoiceSecret {
                id,
                text: secret.text.clone(),
                images: Vec::new(),
                order: secret.order,
                url: secret.url.clone(),
                nullable_payment: Some(v1::invoice_secret::NullablePayment::PaymentId(payment)),
            })
            .collect();
        sold.sort_unstable_by_key(|secret| secret.order);
        sold
    }

    /// A deal with the payment it funds, if that is the viewer's.
    pub(crate) fn deal(self, id: u64) -> Result<v1::Deal, Refusal> {
        let mut message = self.deal_without_payment(id)?;
        if let Some(number) = self.books.deal(id)?.payment
            && self.books.payment(number)?.owner == self.viewer
        {
            let payment = self.payment_without_deal(number)?;
            message.nullable_payment = Some(v1::deal::NullablePayment::Payment(Box::new(payment)));
        }
        Ok(message)
    }

    fn deal_without_payment(self, id: u64) -> Result<v1::Deal, Refusal> {
        use v1::deal::{AdOwnerFeedbackNullable, InitiatorFeedbackNullable, NullablePayment, Withdrawal};
        let deal = self.books.deal(id)?;
        Ok(v1::Deal {
            id: deal.id,
            fiat_amount: Some(deal.fiat.decimal()),
            crypto_amount: Some(deal.amount.decimal()),
            created_at: Some(deal.created_at.timestamp()),
            status: deal.status.number(),
            completed_at: Some(timestamp_or_none(deal.completed_at)),
            canceled_at: Some(timestamp_or_none(deal.canceled_at)),
            disputed_at: Some(timestamp_or_none(deal.disputed_at)),
            is_fiat_payed: deal.fiat_declared_at.is_some(),
            dispute_id: 0,
            advertisement: Some(self.advertisement(deal.advertisement)?),
            ad_owner_info: Some(self.user(deal.owner)?),
            initiator: Some(self.user(deal.initiator)?),
            messages: deal
                .messages
                .iter()
                .map(|line| self.message(line))
                .collect::<Result<_, _>>()?,
            fee: deal.fee.text(),
            fiat_payed_at: Some(timestamp_or_none(deal.fiat_declared_at)),
            withdrawal_status: Some(v1::deal::WithdrawalStatusMsg {
                status: v1::deal::withdrawal_status_msg::StatusEnum::None.into(),
                error: String::new(),
            }),
            ad_owner_feedback_nullable: Some(match deal.owner_feedback {
                Some(id) => AdOwnerFeedbackNullable::AdOwnerFeedback(self.feedback(id)?),
                None => AdOwnerFeedbackNullable::AdOwnerFeedbackIsnull(true),
            }),
            initiator_feedback_nullable: Some(match deal.initiator_feedback {
                Some(id) => InitiatorFeedbackNullable::InitiatorFeedback(self.feedback(id)?),
                None => InitiatorFeedbackNullable::InitiatorFeedbackIsNull(true),
            }),
            nullable_payment: Some(NullablePayment::PaymentIsNull(true)),
            withdrawal: Some(Withdrawal::NoWithdrawal(true)),
        })
    }

    /// A line of a chat.
    pub(crate) fn message(self, line: &Message) -> Result<v1::DealMessage, Refusal> {
        Ok(v1::DealMessage {
            id: line.id,
            created_at: Some(line.at.timestamp()),
            owner_id: self.books.user(line.owner)?.guid.clone(),
            text: line.text.clone(),
            image_ids: line.images.clone(),
        })
    }

    /// An ad; equation and entered limit are the owner's alone.
    pub(crate) fn advertisement(self, id: u64) -> Result<v1::Advertisement, Refusal> {
        let ad = self.books.advertisement(id)?;
        let own = ad.owner == self.viewer;
        Ok(v1::Advertisement {
            id: ad.id,
            equation: if own { ad.equation() } else { ad.price.text() },
            min_amount: Some(ad.min.decimal()),
            max_amount_requested: Some(if own { ad.max } else { Cents::ZERO }.decimal()),
            max_amount_calculated: Some(self.books.max_calculated(ad)?.decimal()),
            message: ad.message.clone(),
            created_at: Some(ad.created_at.timestamp()),
            country: ad.country.clone(),
            payment_type: ad.payment_type.clone(),
            fiat_currency: ad.currency.clone(),
            is_buy: ad.is_buy,
            is_enabled: ad.enabled,
            owner: Some(self.user(ad.owner)?),
            time_table: Vec::new(),
            monitor_liquidity: ad.monitor_liquidity,
            not_anonymous: ad.not_anonymous,
            trusted: ad.trusted_only,
            title: ad.title.clone(),
            window: ad.window,
            price: Some(ad.price.decimal()),
            current_status: self.books.ad_status(ad)?.number(),
            ln_enabled: false,
            ln_disable_balance: false,
            auto_price: Some(v1::advertisement::AutoPrice::AutoPriceDelayIsNull(true)),
        })
    }

    /// The remembered searches; only sell ads are searched here.
    pub(crate) fn last_search(self) -> Result<v1::GetLastAdSearchParamsResponse, Refusal> {
        let search = self
            .books
            .user(self.viewer)?
            .last_sell_search
            .as_ref()
            .map(|last| v1::LastAdSearchParams {
                country: last.country.clone(),
                currency: last.currency.clone(),
                payment_type: last.payment_type.clone(),
                amount: Some(last.amount.decimal()),
            });
        Ok(v1::GetLastAdSearchParamsResponse {
            last_buy_search_has_value: false,
            last_sell_search_has_value: search.is_some(),
            last_buy_search: None,
            last_sell_search: search,
        })
    }

    /// An event with the object as its receiver sees it now.
    pub(crate) fn event(self, notice: Notice) -> Result<v1::Event, Refusal> {
        use v1::event::Content;
        let content = match notice.what {
            What::Balance => Content::Balance(self.balance()?),
            What::DealNew(id) => Content::DealNew(self.deal(id)?),
            What::DealStatusChanged(id) => Content::DealStatusChanged(self.deal(id)?),
            What::DealNewMessage(id) => Content::DealNewMessage(self.deal(id)?),
            What::InvoiceNew(id) => Content::InvoiceNew(self.invoice(id)?),
            What::InvoiceDeleted(id) => Content::InvoiceDeleted(self.invoice(id)?),
            What::PaymentNew(id) => Content::InvoicePaymentNew(self.payment(id)?),
            What::PaymentUpdated(id) => Content::InvoicePaymentUpdated(self.payment(id)?),
            What::ConversationMessage(id) => Content::ConversationNewMessage(self.conversation(id)?),
        };
        Ok(v1::Event {
            id: notice.id,
            created_at: Some(notice.at.timestamp()),
            content: Some(content),
        })
    }
}

/// All variables by name.
pub(crate) fn variables(books: &Books) -> Result<v1::Variables, Refusal> {
    let variables: HashMap<String, v1::Decimal> = books
        .rates()?
        .variables()
        .map(|(name, rate)| (name, rate.decimal()))
        .collect();
    Ok(v1::Variables {
        variables,
        keep_alive: false,
    })
}
