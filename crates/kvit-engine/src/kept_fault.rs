//! Faults as the store keeps them: by their names, so that nothing on disk depends on our types.

use std::collections::BTreeMap;

use kvit_domain::fault::{Fault, FaultCode};
use serde::{Deserialize, Serialize};

/// Names of values that faults of acts carry; a fault has them as constants.
const VALUES: [&str; 22] = [
    "max",
    "min",
    "seen",
    "now",
    "missing",
    "available",
    "path",
    "payment",
    "currency",
    "status",
    "host",
    "invoice",
    "user",
    "operation",
    "found",
    "known",
    "kind",
    "width",
    "height",
    "amount",
    "worst",
    "pieces",
];

/// A fault as text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptFault {
    code: String,
    values: BTreeMap<String, String>,
    said: Option<String>,
}

impl KeptFault {
    /// A fault as it is kept.
    pub(crate) fn of(fault: &Fault) -> Self {
        Self {
            code: fault.code.name().to_owned(),
            values: fault
                .values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            said: fault.server_text.clone(),
        }
    }

    /// The fault, unless this version does not know its code.
    pub(crate) fn read(self) -> Option<Fault> {
        let code = FaultCode::ALL.iter().find(|code| code.name() == self.code)?;
        let mut fault = Fault::new(*code);
        fault.server_text = self.said;
        for (name, value) in self.values {
            if let Some(known) = VALUES.iter().find(|known| **known == name) {
                fault = fault.with(known, value);
            }
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_a_fault_is_kept() {
        // The names that the crates below use; one that is not kept would leave a hole in a sentence.
        for name in [
            "max",
            "min",
            "missing",
            "available",
            "seen",
            "now",
            "currency",
            "payment",
        ] {
            assert!(VALUES.contains(&name), "{name}");
        }
    }
}
