//! The server's append-only ledger of what it carried out: the oracle.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use kvit_sandbox::Execution;

/// Reads a ledger that the server has ended.
///
/// # Errors
/// It cannot be read, a line is not whole, or one is missing.
pub fn read(path: &Path) -> Result<Vec<Execution>> {
    let text = std::fs::read_to_string(path).context("the ledger cannot be read")?;
    let lines: Vec<Execution> = text
        .lines()
        .map(|line| {
            serde_json::from_str(line).with_context(|| format!("the ledger has a strange line: {line}"))
        })
        .collect::<Result<_>>()?;
    for (line, number) in lines.iter().zip(1..) {
        ensure!(line.sequence == number, "the ledger lacks line {number}");
    }
    Ok(lines)
}
