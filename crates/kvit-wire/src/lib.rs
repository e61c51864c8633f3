//! Contract types to domain types and back.
