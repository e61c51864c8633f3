//! What can be checked on this machine: signed payment confirmations.
