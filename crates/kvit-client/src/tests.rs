//! The client against real servers of the contract's transport, in this process.

mod calls;
mod fake;
mod streams;
mod tls;
