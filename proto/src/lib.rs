//! The marketplace's published gRPC contract: package `CoreSchema.V1`, service `TradeApi`.
//!
//! Generated from `contract/trade.proto`. Names are the contract's own, odd ones included; they end in
//! `kvit-wire`, and nothing above it sees them. Feature `client` adds the client, `server` the server.

/// Package `CoreSchema.V1`.
pub mod v1 {
    #![allow(missing_docs, clippy::all, unused_qualifications)]
    include!(concat!(env!("OUT_DIR"), "/core_schema.v1.rs"));
}

/// The compiled contract as an encoded `google.protobuf.FileDescriptorSet`, for the contract test.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
