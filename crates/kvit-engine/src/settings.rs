//! What the person chose for the app, and the last choice of fiat. No secrets.

use serde::{Deserialize, Serialize};

/// Language of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// As the system.
    #[default]
    System,
    /// English.
    En,
    /// Russian.
    Ru,
}

/// Colours of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system.
    #[default]
    System,
    /// Paper.
    Light,
    /// Ink.
    Dark,
}

/// Unit of bitcoin amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// BTC with eight places.
    #[default]
    Btc,
    /// Whole satoshi.
    Sat,
}

/// What a system notification shows: it may stand on a locked screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notifications {
    /// That there is something.
    Nothing,
    /// From whom, and what it is about.
    #[default]
    Who,
    /// Words and amounts too.
    Everything,
}

/// Settings of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Language.
    pub language: Language,
    /// Colours.
    pub theme: Theme,
    /// Unit.
    pub unit: Unit,
    /// Amounts are masked.
    pub hide_amounts: bool,
    /// Width of lists, CSS pixels.
    pub list_width: u32,
    /// What a system notification shows.
    pub notifications: Notifications,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Language::System,
            theme: Theme::System,
            unit: Unit::Btc,
            hide_amounts: false,
            list_width: 380,
            notifications: Notifications::Who,
        }
    }
}
