//! Why the marketplace says no: the exact texts of the marketplace reference, section 17.

use thiserror::Error;
use tonic::{Code, Status};

/// A call that changed nothing. `Display` is the bare text; [`Refusal::status`] adds the server's prefix.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Unknown, deleted, foreign private, or deleted by the caller.
    #[error("Invoice not found.")]
    InvoiceNotFound,
    /// Its status is neither Active nor PendingPay.
    #[error("Invoice not active.")]
    InvoiceNotActive,
    /// The caller is the seller.
    #[error("You cannot pay your own invoice.")]
    OwnInvoice,
    /// More pieces than a purchase may have; the number is PiecesMax.
    #[error("The invoice does not have enough pieces. Maximum is {0}")]
    TooManyPieces(u32),
    /// Fewer pieces than a purchase must have; the number is PiecesMin (section 20, row 50).
    #[error("Minimum number of pieces {0}")]
    TooFewPieces(u32),
    /// Private invoices need a named account.
    #[error("Anonymous users cannot pay private invoices.")]
    AnonymousPrivate,
    /// The spendable balance is below the amount.
    #[error("Insufficient funds to pay the invoice.")]
    InsufficientFunds,
    /// The seller cannot cover the fee of a private invoice.
    #[error("Insufficient balance to pay fee")]
    NoMoneyForFee,
    /// An invoice's price in bitcoin is below the smallest one.
    #[error("Minimal deal limit must be greater or equal 0.000001BTC.")]
    PriceTooSmall,
    /// A pending payment of the caller stands in the way of paying from balance. The closed exchange said
    /// `Internal error.` here; section 20, row 14 asks for a clear text without giving one.
    #[error("You already have a pending payment for this invoice.")]
    PendingPaymentExists,
    /// The payment was decided meanwhile.
    #[error("Invoice payment must be in Pending status.")]
    PaymentNotPending,
    /// Only a pending payment can be canceled.
    #[error("Invoice already paid.")]
    AlreadyPaid,
    /// Unknown, or not the caller's.
    #[error("Payment not found.")]
    PaymentNotFound,
    /// The payment is canceled.
    #[error("Payment canceled.")]
    PaymentCanceled,
    /// No ad fits, or an open deal on the chosen one exists.
    #[error("No suitable advertisement found.")]
    NoSuitableAd,
    /// Unknown, off, or invisible to the caller.
    #[error("Advertisement not found.")]
    AdNotFound,
    /// The caller's own ad.
    #[error("You cannot create deal with your advertisement.")]
    OwnAd,
    /// Above the ad's limit.
    #[error("Too much deal amount.")]
    DealTooBig,
    /// Below the ad's limit.
    #[error("The deal amount is too small.")]
    DealTooSmall,
    /// The ad owner cannot cover amount and fee.
    #[error("Partner account has insufficient funds to create a deal.")]
    PartnerFunds,
    /// Unknown, or the caller is no party.
    #[error("Deal with id={0} not found.")]
    DealNotFound(u64),
    /// Chat is closed; the text names the status.
    #[error("Deal status is {0}. Deal cannot accept messages.")]
    ChatClosed(&'static str),
    /// A chat message above 1000 UTF-16 units.
    #[error("Message maximum length is 1000.")]
    MessageTooLong,
    /// Completed or disputed deals cannot be canceled.
    #[error("Deal not opened.")]
    DealNotOpened,
    /// Declared fiat, window open.
    #[error("Fiat money paid. Deal cannot be canceled.")]
    FiatDeclared,
    /// Declared already.
    #[error("Fiat money paid. You cannot pay a second time.")]
    FiatDeclaredTwice,
    /// The deal is over, or waits for its funding.
    #[error("Deal not Opened or Disputed.")]
    DealNotRunning,
    /// A deal status outside the contract.
    #[error("Incorrect dial status")]
    UnknownDealStatus,
    /// A refund, feedback or the like needs a payment that is Paid.
    #[error("Payment status must be Paid.")]
    PaymentNotPaid,
    /// The caller judged this payment already (the semicolon is in the text).
    #[error("Feedback already created;")]
    FeedbackTwice,
    /// The caller judged this deal already.
    #[error("You can't send feedback twice.")]
    DealFeedbackTwice,
    /// A payment that gives money back is nobody's trade.
    #[error("You cant create feedback in refund payment.")]
    NoFeedbackInRefund,
    /// The caller is the buyer.
    #[error("You cannot create a refund for yourself.")]
    RefundToSelf,
    /// The buyer has no named account.
    #[error("You cannot make a refund to an anonymous user. Use external means.")]
    RefundToAnonymous,
    /// The payment is a refund itself. The closed exchange did not look; section 20, row 45 asks to refuse without
    /// giving a text.
    #[error("You cant create refund of refund payment.")]
    RefundOfRefund,
    /// More pieces than were bought, refunds made and open ones counted.
    #[error("Not enough pieces to be returned.")]
    TooFewPiecesLeft,
    /// A public invoice of somebody else.
    #[error("You do not have permission to delete this invoice.")]
    MayNotDeleteInvoice,
    /// The caller deleted it before.
    #[error("Invoice already deleted.")]
    InvoiceDeleted,
    /// A seller who names no buyer, or starts to talk about a public invoice.
    #[error("You can't send message to self.")]
    MessageToSelf,
    /// A buyer talks to the seller, whoever he names.
    #[error("You buyer, target user must be empty.")]
    BuyerNamesNobody,
    /// Nobody talks in a refund invoice.
    #[error("You cant start conversation in refund invoice.")]
    NoTalkInRefundInvoice,
    /// Nobody talks about a refund payment.
    #[error("You cant start conversation in refund payment.")]
    NoTalkInRefundPayment,
    /// A private invoice is for somebody else than the named user.
    #[error("You do not have permission to post messages to this conversation.")]
    NotInConversation,
    /// GetConversationsById with neither invoice nor payment.
    #[error("Incorrect command.")]
    IncorrectCommand,
    /// No conversation about this payment (no full stop).
    #[error("Conversation not found")]
    NoConversation,
    /// Unknown, or not the caller's.
    #[error("Conversation not found.")]
    ConversationNotFound,
    /// The caller deleted it, and nobody has written since.
    #[error("Conversation already deleted.")]
    ConversationDeleted,
    /// No bytes.
    #[error("Image must be present.")]
    ImageMissing,
    /// Above 10 MiB.
    #[error("Max image size is 10485760 bytes (10MB)")]
    ImageTooBig,
    /// The GUID was uploaded already.
    #[error("Image already exist.")]
    ImageExists,
    /// Not a JPEG picture.
    #[error("Image error.")]
    ImageError,
    /// Unknown, not uploaded yet, or not for the caller.
    #[error("Image not found.")]
    ImageNotFound,
    /// Unknown user.
    #[error("User not found.")]
    UserNotFound,
    /// More than 30 streams of a kind.
    #[error("Maximum subscriptions reached")]
    TooManyStreams,
    /// `ArgumentException`.
    #[error("{0}")]
    Argument(String),
    /// `ArgumentOutOfRangeException`.
    #[error("{0}")]
    OutOfRange(String),
    /// Anything unforeseen.
    #[error("Internal error.")]
    Internal,
}

impl Refusal {
    /// The text as it travels: fixed prefix, exception type, message (reference 2.7).
    #[must_use]
    pub fn wire_text(&self) -> String {
        let kind = match self {
            Refusal::Argument(_) => "ArgumentException",
            Refusal::OutOfRange(_) => "ArgumentOutOfRangeException",
            Refusal::Internal => "Exception",
            _ => "UserException",
        };
        format!("Exception was thrown by handler. {kind}: {self}")
    }

    pub(crate) fn status(&self) -> Status {
        Status::new(Code::Unknown, self.wire_text())
    }

    /// A catalog code nobody knows.
    pub(crate) fn unknown_code(code: &str) -> Refusal {
        Refusal::Argument(format!("Requested value '{code}' was not found."))
    }

    /// A text that must not be empty.
    pub(crate) fn empty(name: &str) -> Refusal {
        Refusal::Argument(format!("{name} cannot be empty. (Parameter '{name}')"))
    }

    /// A text above its limit.
    pub(crate) fn too_long(name: &str, limit: usize) -> Refusal {
        Refusal::Argument(format!(
            "{name} cannot be longer than {limit} characters. (Parameter '{name}')"
        ))
    }
}

/// `value` must be above zero.
pub(crate) fn require_positive(name: &str, value: u64) -> Result<(), Refusal> {
    if value > 0 {
        return Ok(());
    }
    Err(Refusal::OutOfRange(format!(
        "{name} must be greater than 0. (Parameter '{name}')\nActual value was {value}."
    )))
}

/// `value` must lie in `low..=high`.
pub(crate) fn require_between(name: &str, value: u32, low: u32, high: u32) -> Result<(), Refusal> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(Refusal::OutOfRange(format!(
        "{name} must be between {low} and {high} (Parameter '{name}')\nActual value was {value}."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_travel_with_prefix_and_type() {
        assert_eq!(
            Refusal::TooManyPieces(3).wire_text(),
            "Exception was thrown by handler. UserException: The invoice does not have enough pieces. Maximum is 3"
        );
        assert_eq!(
            Refusal::unknown_code("XX").wire_text(),
            "Exception was thrown by handler. ArgumentException: Requested value 'XX' was not found."
        );
        assert_eq!(
            Refusal::Internal.wire_text(),
            "Exception was thrown by handler. Exception: Internal error."
        );
        assert_eq!(Refusal::InvoiceNotFound.status().code(), Code::Unknown);
    }
}
