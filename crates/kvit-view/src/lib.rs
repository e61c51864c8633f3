//! What a screen sees: serialisable types made from domain types.
