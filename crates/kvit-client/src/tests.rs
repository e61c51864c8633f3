//! The client against real servers of the contract, in this process.
