//! What a failed call means.
//!
//! Three kinds that must never be mixed up where money is concerned: no connection was made, so nothing was sent;
//! the server refused in its own words, so nothing was done; and all the rest, which is silence: it may have been
//! done.

use kvit_domain::fault::{Fault, FaultCode};
use kvit_wire::WireFault;
use tonic::{Code, Status};

use crate::{dial::DialError, refusal::refusal};

/// The fault of a call that failed.
pub(crate) fn fault(status: &Status) -> Fault {
    if let Some(error) = in_chain::<DialError>(status) {
        tracing::debug!(%error, "dial");
        return error.fault.clone();
    }
    if std::error::Error::source(status).is_some() {
        // It broke on the way: the connection, or HTTP/2 itself.
        tracing::debug!(error = %status, "transport");
        return FaultCode::ConnectionLost.into();
    }
    let message = status.message();
    let code = match status.code() {
        // A stream is over; never an answer.
        Code::Ok => FaultCode::ConnectionLost,
        // It was not sent.
        Code::Unknown if channel_is_dead(status) => FaultCode::Unreachable,
        Code::Unknown => match refusal(message) {
            Some(fault) => return fault,
            None => FaultCode::ConnectionLost,
        },
        Code::Unauthenticated => FaultCode::TokenRejected,
        Code::PermissionDenied => FaultCode::TokenLacksRights,
        Code::Unimplemented => FaultCode::Unsupported,
        Code::DeadlineExceeded => FaultCode::TimedOut,
        Code::Cancelled => FaultCode::ConnectionLost,
        Code::Unavailable | Code::ResourceExhausted | Code::Aborted => FaultCode::ServerBusy,
        Code::Internal => internal(message),
        // The library's word for a message beyond the limit.
        Code::OutOfRange => FaultCode::Malformed,
        // The marketplace says none of these (section 2.7); whoever does may have passed the call on all the same.
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::DataLoss => FaultCode::NotAMarketplace,
    };
    let fault = Fault::new(code);
    let fault = if code == FaultCode::Malformed {
        fault.with("path", "")
    } else {
        fault
    };
    if message.is_empty() {
        fault
    } else {
        fault.said(message)
    }
}

/// INTERNAL is what the library says of an answer that it cannot read, and what a server says that fell over.
fn internal(message: &str) -> FaultCode {
    if message.starts_with("failed to decode Protobuf message") {
        FaultCode::Malformed
    } else if message.starts_with("protocol error") {
        FaultCode::NotAMarketplace
    } else if message == "Missing response message." || message == "Unexpected EOF decoding stream." {
        FaultCode::ConnectionLost
    } else {
        FaultCode::ServerBusy
    }
}

/// Did the channel itself give up, as it does when the task behind it is gone? It will never work again; the words
/// are the generated client's.
pub(crate) fn channel_is_dead(status: &Status) -> bool {
    status.code() == Code::Unknown && status.message().starts_with("Service was not ready")
}

/// The fault of an answer that breaks the contract.
pub(crate) fn malformed(fault: WireFault) -> Fault {
    tracing::warn!(%fault, "malformed answer");
    Fault::new(FaultCode::Malformed).with("path", fault.path)
}

fn in_chain<E: std::error::Error + 'static>(status: &Status) -> Option<&E> {
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        source = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        use FaultCode::*;
        let refused = "Exception was thrown by handler. UserException: Invoice not found.";
        for (code, message, expected) in [
            (Code::Unauthenticated, "", TokenRejected),
            (Code::PermissionDenied, "", TokenLacksRights),
            (Code::Unimplemented, "", Unsupported),
            (Code::Unavailable, "upstream connect error", ServerBusy),
            (Code::ResourceExhausted, "", ServerBusy),
            (Code::DeadlineExceeded, "", TimedOut),
            (Code::Cancelled, "", ConnectionLost),
            (Code::Unknown, refused, InvoiceNotFound),
            (Code::Unknown, "upstream request timeout", ConnectionLost),
            (Code::Unknown, "", ConnectionLost),
            (
                Code::Internal,
                "failed to decode Protobuf message: buffer underflow",
                Malformed,
            ),
            (
                Code::Internal,
                "protocol error: received message with invalid compression flag: 60",
                NotAMarketplace,
            ),
            (Code::Internal, "", ServerBusy),
            (Code::OutOfRange, "decoded message length too large", Malformed),
            // A refusal's words under another code are not the application's.
            (Code::NotFound, refused, NotAMarketplace),
            (Code::FailedPrecondition, refused, NotAMarketplace),
        ] {
            let fault = fault(&Status::new(code, message));
            assert_eq!(fault.code, expected, "{code:?} {message}");
        }
    }

    /// Whatever is not the application's own refusal, or about the token or the call itself, may hide success.
    #[test]
    fn silence_is_not_an_answer() {
        for number in 0..=16 {
            let code = Code::from_i32(number);
            let fault = fault(&Status::new(code, "nothing of ours"));
            let answer = matches!(
                code,
                Code::Unauthenticated | Code::PermissionDenied | Code::Unimplemented
            );
            assert_eq!(fault.may_hide_success(), !answer, "{code:?}");
        }
    }
}
