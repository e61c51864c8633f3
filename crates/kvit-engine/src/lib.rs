//! The use cases: browse, pay, deal, verify; operations as state machines.
