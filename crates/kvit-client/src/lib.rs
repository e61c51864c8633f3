//! One connection to a marketplace.
