//! The practice marketplace: a real server of the contract, with its own books.
