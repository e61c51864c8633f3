//! The window: short commands, event forwarding; embeds the practice marketplace.
