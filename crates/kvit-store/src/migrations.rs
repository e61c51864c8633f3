//! Layouts of the file, each reached from the one before. A released one is never changed.

use rusqlite::{Connection, TransactionBehavior};

use crate::{
    fault::{OpenFault, StoreFault},
    talks,
};

/// A layout: statements, and what they cannot do.
struct Layout {
    sql: &'static str,
    after: fn(&Connection) -> Result<(), StoreFault>,
}

/// Every layout, the first first.
const LAYOUTS: &[Layout] = &[
    Layout {
        sql: include_str!("../migrations/0001.sql"),
        after: |_| Ok(()),
    },
    Layout {
        sql: include_str!("../migrations/0002.sql"),
        after: talks::adopt_deals,
    },
];

/// Number of the newest layout.
pub(crate) fn known() -> u32 {
    u32::try_from(LAYOUTS.len()).unwrap_or(u32::MAX)
}

/// Layout of an open file; 0: nothing in it yet.
pub(crate) fn found(connection: &Connection) -> Result<u32, OpenFault> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings the file to the newest layout, one transaction per step, so that a kill leaves one layout or the next.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), OpenFault> {
    let from = found(connection)?;
    if from > known() {
        return Err(OpenFault::Newer {
            found: from,
            known: known(),
        });
    }
    for (number, layout) in (1_u32..).zip(LAYOUTS).filter(|(number, _)| *number > from) {
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step.execute_batch(layout.sql)?;
        (layout.after)(&step)?;
        step.pragma_update(None, "user_version", number)?;
        point!("store.open.before_migrated");
        step.commit()?;
        point!("store.open.migrated");
    }
    Ok(())
}
