//! Payments for other programs.

use kvit_engine::{self as engine, export};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::payment::{Direction, PaymentStatus};

/// What to export, and how.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportRequest {
    /// For people or for machines.
    pub format: ExportFormat,
    /// One direction only.
    pub direction: Option<Direction>,
    /// One status only.
    pub status: Option<PaymentStatus>,
    /// As in the search of the list.
    pub text: String,
    /// Language of the headings, and with it separators and decimal mark.
    pub language: ExportLanguage,
}

/// Formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ExportFormat {
    /// For spreadsheets.
    Csv,
    /// For programs: everything exact, as text.
    Json,
}

/// Languages of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ExportLanguage {
    /// English.
    En,
    /// Russian.
    Ru,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportDone {
    /// Name of the file.
    pub file: String,
    /// Payments in it.
    pub rows: u32,
}

impl ExportRequest {
    /// The request as the engine takes it.
    pub fn into_engine(self) -> (engine::PaymentsQuery, export::Format, export::Tongue) {
        let query = engine::PaymentsQuery {
            direction: self.direction.map(Into::into),
            status: self.status.map(Into::into),
            text: self.text.chars().take(200).collect(),
            noticed_only: false,
        };
        let format = match self.format {
            ExportFormat::Csv => export::Format::Csv,
            ExportFormat::Json => export::Format::Json,
        };
        let tongue = match self.language {
            ExportLanguage::En => export::Tongue::En,
            ExportLanguage::Ru => export::Tongue::Ru,
        };
        (query, format, tongue)
    }
}
