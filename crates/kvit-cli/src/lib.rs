//! kvit verify: the checks of kvit-proof without a window.
