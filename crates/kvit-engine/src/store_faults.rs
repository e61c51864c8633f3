//! What goes wrong with the store, in the closed set's words; the chain goes to the log.

use kvit_domain::fault::{Fault, FaultCode};
use kvit_store::{OpenFault, StoreFault};

/// A fault of the store in use.
pub(crate) fn fault_of(error: &StoreFault) -> Fault {
    tracing::error!(%error, "store");
    let code = match error {
        StoreFault::Full(_) | StoreFault::Io(_) => FaultCode::StoreUnwritable,
        StoreFault::Damaged(_) => FaultCode::StoreDamaged,
        StoreFault::Invalid(_) => FaultCode::Internal,
    };
    code.into()
}

/// Why a store does not open.
pub(crate) fn open_fault(error: &OpenFault) -> Fault {
    tracing::error!(%error, "store");
    match error {
        OpenFault::Taken => FaultCode::StoreTaken.into(),
        OpenFault::Damaged => FaultCode::StoreDamaged.into(),
        OpenFault::WrongPassphrase => FaultCode::PassphraseWrong.into(),
        OpenFault::Newer { found, known } => Fault::new(FaultCode::StoreNewer)
            .with("found", found)
            .with("known", known),
        OpenFault::Unwritable(_) | OpenFault::Unreadable(_) => FaultCode::StoreUnwritable.into(),
    }
}
