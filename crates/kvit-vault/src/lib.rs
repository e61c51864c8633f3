//! Secrets at rest: the OS keychain behind one trait.
