//! The server's refusals: its own words (section 17) to the closed set of faults.
//!
//! Every application error arrives as one text: a fixed prefix, the type of an exception, a colon, the words
//! (section 2.7). This is the one table of them.

use kvit_domain::fault::{Fault, FaultCode};

/// What stands before every refusal.
const PREFIX: &str = "Exception was thrown by handler. ";

/// The refusal in a `grpc-message`; `None` if it is not the application's: silence of something in between.
pub(crate) fn refusal(message: &str) -> Option<Fault> {
    let message = message.strip_prefix(PREFIX).unwrap_or(message);
    let (kind, words) = message.split_once(": ")?;
    if !kind.ends_with("Exception") || !kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let fault = match kind {
        "UserException" | "ModelException" => known(words).unwrap_or_else(|| FaultCode::ServerSaid.into()),
        "ArgumentException" | "ArgumentOutOfRangeException" | "ArgumentNullException" => {
            FaultCode::ArgumentRejected.into()
        }
        "Exception" if words == "Internal error." => FaultCode::ServerFailed.into(),
        _ => FaultCode::ServerSaid.into(),
    };
    Some(fault.said(words))
}

/// The table.
fn known(words: &str) -> Option<Fault> {
    use FaultCode::*;
    let code = match words {
        // 17.1 Invoices and payments.
        "Invoice not found." => InvoiceNotFound,
        "Invoice not active." => InvoiceNotActive,
        "You cannot pay your own invoice." => OwnInvoice,
        "Anonymous users cannot pay private invoices." => PrivateForAnonymous,
        "Insufficient funds to pay the invoice." => InsufficientBalance,
        "Invoice payment must be in Pending status." => PaymentCanceled,
        "Invoice already paid." => PaymentAlreadyPaid,
        "Payment not found." => PaymentNotFound,
        "Payment canceled." => PaymentCanceled,
        "No suitable advertisement found." | "Suitable advertisement not found." => NoSuitableAd,
        "Webhook error." => WebhookFailed,
        "Payment status must be Paid." => PaymentNotPaid,
        "Feedback already created;" | "You can't send feedback twice." => FeedbackGiven,
        "You cant create feedback in refund payment." | "You cant send feedback for this payment." => {
            FeedbackNotPossible
        }
        "You cannot create a refund for yourself." => RefundNotYours,
        "You cannot make a refund to an anonymous user. Use external means." => RefundToAnonymous,
        "Not enough pieces to be returned." => RefundTooMany,
        "Invoice already deleted."
        | "You cant delete refund invoice."
        | "You cant delete refund invoice;"
        | "You do not have permission to delete this invoice." => RefundNotOpen,
        // 17.2 Images and conversations.
        "Max image size is 10485760 bytes (10MB)" => PictureTooLarge,
        "Image must be present." | "Image error." => PictureRefused,
        "Image already exist." => PictureExists,
        "Image not found." => PictureNotFound,
        "Conversation not found" | "Conversation not found." | "Conversation already deleted." => {
            ConversationNotFound
        }
        "You can't send message to self."
        | "You buyer, target user must be empty."
        | "Only the buyer can create a conversation for a public invoice."
        | "You cant start conversation in refund invoice."
        | "You cant start conversation in refund payment."
        | "You do not have permission to post messages to this conversation."
        | "You do not have permission to delete this conversation." => ConversationNotAllowed,
        // 17.4 Advertisements and deals.
        "Advertisement not found." | "Advertisement disabled." | "Ad not found." => AdNotFound,
        "You cannot create this deal. You are blocked by ad owner." | "You are blocked by user." => {
            BlockedByOwner
        }
        "You cannot create deal with your advertisement." => OwnAd,
        "Too much deal amount." => DealTooLarge,
        "The deal amount is too small." => DealTooSmall,
        "You already create deal for this ad. To create new deal, complete or cancel previous deal." => {
            DealAlreadyOpen
        }
        "Your account has insufficient funds to create a deal." | "Not enough money." => InsufficientBalance,
        "Partner account has insufficient funds to create a deal." => TraderLacksFunds,
        "Message maximum length is 1000." => MessageTooLong,
        "You dont have permissions for this deal." => DealNotYours,
        "Deal not opened." | "Deal not Opened or Disputed." => DealNotOpen,
        "Fiat money paid. Deal cannot be canceled." => FiatDeclared,
        "Fiat money paid. You cannot pay a second time." => AlreadyDeclared,
        // 17.5 Users, streams, general.
        "User not found." => UserNotFound,
        "Maximum subscriptions reached" => TooManySubscriptions,
        "Concurrency error. Please, try later." => Concurrency,
        _ => return with_value(words),
    };
    Some(code.into())
}

/// The texts with a variable part.
fn with_value(words: &str) -> Option<Fault> {
    if let Some(max) = number_between(words, "The invoice does not have enough pieces. Maximum is ", "") {
        return Some(Fault::new(FaultCode::TooManyPieces).with("max", max));
    }
    // The server prints the maximum here (section 20, row 50): whoever has the invoice knows better.
    if let Some(min) = number_between(words, "Minimum number of pieces ", "") {
        return Some(Fault::new(FaultCode::TooFewPieces).with("min", min));
    }
    if number_between(words, "Deal with id=", " not found.").is_some() {
        return Some(FaultCode::DealNotFound.into());
    }
    let status = between(words, "Deal status is ", ". Deal cannot accept messages.")?;
    if status.len() <= 30 && status.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Some(Fault::new(FaultCode::DealClosedForMessages).with("status", status));
    }
    None
}

fn between<'a>(words: &'a str, before: &str, after: &str) -> Option<&'a str> {
    words.strip_prefix(before)?.strip_suffix(after)
}

fn number_between(words: &str, before: &str, after: &str) -> Option<u64> {
    let digits = between(words, before, after)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use kvit_domain::fault::SERVER_TEXT_LIMIT;
    use proptest::prelude::*;

    use super::*;

    fn of_user(words: &str) -> Fault {
        refusal(&format!("{PREFIX}UserException: {words}")).unwrap()
    }

    /// Every text of section 17 that an rpc of ours can raise.
    #[test]
    fn every_text_has_its_fault() {
        use FaultCode::*;
        for (words, code) in [
            ("Invoice not found.", InvoiceNotFound),
            ("Invoice not active.", InvoiceNotActive),
            ("You cannot pay your own invoice.", OwnInvoice),
            (
                "The invoice does not have enough pieces. Maximum is 4",
                TooManyPieces,
            ),
            ("Minimum number of pieces 2", TooFewPieces),
            (
                "Anonymous users cannot pay private invoices.",
                PrivateForAnonymous,
            ),
            ("Insufficient funds to pay the invoice.", InsufficientBalance),
            ("Invoice payment must be in Pending status.", PaymentCanceled),
            ("Invoice already paid.", PaymentAlreadyPaid),
            ("Payment not found.", PaymentNotFound),
            ("Payment canceled.", PaymentCanceled),
            ("No suitable advertisement found.", NoSuitableAd),
            ("Payment status must be Paid.", PaymentNotPaid),
            ("Feedback already created;", FeedbackGiven),
            ("You can't send feedback twice.", FeedbackGiven),
            ("You cant create feedback in refund payment.", FeedbackNotPossible),
            ("You cant send feedback for this payment.", FeedbackNotPossible),
            ("You cannot create a refund for yourself.", RefundNotYours),
            (
                "You cannot make a refund to an anonymous user. Use external means.",
                RefundToAnonymous,
            ),
            ("Not enough pieces to be returned.", RefundTooMany),
            ("Invoice already deleted.", RefundNotOpen),
            ("Max image size is 10485760 bytes (10MB)", PictureTooLarge),
            ("Image already exist.", PictureExists),
            ("Image error.", PictureRefused),
            ("Image not found.", PictureNotFound),
            ("Conversation not found", ConversationNotFound),
            ("Conversation not found.", ConversationNotFound),
            ("Conversation already deleted.", ConversationNotFound),
            ("You can't send message to self.", ConversationNotAllowed),
            ("You buyer, target user must be empty.", ConversationNotAllowed),
            (
                "You cant start conversation in refund payment.",
                ConversationNotAllowed,
            ),
            ("Webhook error.", WebhookFailed),
            ("Suitable advertisement not found.", NoSuitableAd),
            ("Advertisement not found.", AdNotFound),
            ("Ad not found.", AdNotFound),
            ("Advertisement disabled.", AdNotFound),
            ("You are blocked by user.", BlockedByOwner),
            ("Anonymous user cant sell crypto currency.", ServerSaid),
            (
                "You cannot create this deal. You are blocked by ad owner.",
                BlockedByOwner,
            ),
            ("You cannot create deal with your advertisement.", OwnAd),
            ("Too much deal amount.", DealTooLarge),
            ("The deal amount is too small.", DealTooSmall),
            ("Amount required.", ServerSaid),
            (
                "You already create deal for this ad. To create new deal, complete or cancel previous deal.",
                DealAlreadyOpen,
            ),
            (
                "Your account has insufficient funds to create a deal.",
                InsufficientBalance,
            ),
            (
                "Partner account has insufficient funds to create a deal.",
                TraderLacksFunds,
            ),
            ("Deal with id=77 not found.", DealNotFound),
            (
                "Deal status is Canceled. Deal cannot accept messages.",
                DealClosedForMessages,
            ),
            ("Message maximum length is 1000.", MessageTooLong),
            ("You dont have permissions for this deal.", DealNotYours),
            ("Deal not opened.", DealNotOpen),
            ("Fiat money paid. Deal cannot be canceled.", FiatDeclared),
            ("Fiat money paid. You cannot pay a second time.", AlreadyDeclared),
            ("Deal not Opened or Disputed.", DealNotOpen),
            ("Incorrect dial status", ServerSaid),
            ("Not enough money.", InsufficientBalance),
            ("User not found.", UserNotFound),
            ("Maximum subscriptions reached", TooManySubscriptions),
            ("Concurrency error. Please, try later.", Concurrency),
            ("Something nobody has seen", ServerSaid),
        ] {
            let fault = of_user(words);
            assert_eq!(fault.code, code, "{words}");
            assert_eq!(fault.server_text.as_deref(), Some(words));
            assert!(!fault.may_hide_success(), "{words}: a refusal is an answer");
        }
    }

    #[test]
    fn values_are_read() {
        let value = |words, name| of_user(words).value(name).map(str::to_owned);
        assert_eq!(
            value("The invoice does not have enough pieces. Maximum is 4", "max"),
            Some("4".into())
        );
        assert_eq!(value("Minimum number of pieces 2", "min"), Some("2".into()));
        assert_eq!(
            value("Deal status is Completed. Deal cannot accept messages.", "status"),
            Some("Completed".into())
        );
        // What is no number is a text we do not know.
        for words in [
            "The invoice does not have enough pieces. Maximum is many",
            "Minimum number of pieces ",
            "Minimum number of pieces -1",
            "Deal with id= not found.",
            "Deal status is <b>. Deal cannot accept messages.",
        ] {
            assert_eq!(of_user(words).code, FaultCode::ServerSaid, "{words}");
        }
    }

    #[test]
    fn types_count() {
        use FaultCode::*;
        for (message, code) in [
            (
                "Exception was thrown by handler. Exception: Internal error.",
                Some(ServerFailed),
            ),
            (
                "Exception was thrown by handler. Exception: Invoice not found.",
                Some(ServerSaid),
            ),
            (
                "Exception was thrown by handler. ArgumentException: Requested value 'XX' was not found.",
                Some(ArgumentRejected),
            ),
            (
                "Exception was thrown by handler. ArgumentOutOfRangeException: count must be between 1 and 100 \
                 (Parameter 'count')\nActual value was 0.",
                Some(ArgumentRejected),
            ),
            (
                "Exception was thrown by handler. ArgumentNullException: x",
                Some(ArgumentRejected),
            ),
            (
                "Exception was thrown by handler. ModelException: Payment canceled.",
                Some(PaymentCanceled),
            ),
            // Section 2.2: this one comes without the prefix.
            ("UserException: User not found.", Some(UserNotFound)),
            ("Invoice not found.", None),
            (
                "upstream connect error or disconnect/reset before headers. reset reason: overflow",
                None,
            ),
            ("upstream request timeout", None),
            ("transport error: Exception", None),
            ("", None),
        ] {
            assert_eq!(refusal(message).map(|fault| fault.code), code, "{message}");
        }
    }

    proptest! {
        #[test]
        fn unknown_words_are_kept_within_bounds(words in "\\PC{0,50}", times in 1..200usize) {
            let words = words.repeat(times);
            let fault = of_user(&words);
            prop_assert_eq!(
                fault.server_text.unwrap(),
                words.chars().take(SERVER_TEXT_LIMIT).collect::<String>()
            );
        }
    }
}
