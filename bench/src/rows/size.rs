//! Row P26: size.

use std::path::Path;

use anyhow::{Context, Result};

use super::Bench;
use crate::figures::{Attempt, Figure, Spread, Target, to_f64};

fn bytes(path: &Path) -> Result<f64> {
    let length = std::fs::metadata(path)
        .with_context(|| format!("there is no {}", path.display()))?
        .len();
    Ok(to_f64(length))
}

/// P26: binary and package.
pub fn size(bench: &mut Bench) -> Result<Attempt> {
    let hello = bench.other("Tauri's hello", true, crate::build::Builder::hello)?;
    let hello = bytes(&hello.context("not built")?)?;
    let kvit = bytes(&bench.app()?)?;
    let mut figures = vec![Figure::ratio(
        "Kvit's binary / Tauri's hello",
        Spread::exact(kvit / hello),
        Target::AtMost(8.0),
    )];
    let mut notes = vec![format!(
        "binaries: Kvit {:.2} MB, Tauri's hello {:.2} MB",
        kvit / 1e6,
        hello / 1e6
    )];
    match bench.builder.packages() {
        Ok((small, ours)) => {
            let (small, ours) = (bytes(&small)?, bytes(&ours)?);
            figures.push(Figure {
                name: "Kvit's .deb".to_owned(),
                unit: "MB",
                spread: Spread::exact(ours / 1e6),
                target: Target::AtMost(10.0),
            });
            notes.push(format!("Tauri's hello as a .deb: {:.2} MB", small / 1e6));
        }
        Err(error) => notes.push(format!("the .deb is NOT MEASURED: {error:#}")),
    }
    Ok(Attempt {
        figures,
        control: None,
        notes,
    })
}
