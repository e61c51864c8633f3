//! Rows that know how to go back: a call that fails leaves no trace, and one that succeeds says what to store.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// One kind of thing in the books, kept in its own table of the store.
pub(crate) trait Row: Clone + Serialize + DeserializeOwned {
    /// Name of the table.
    const TABLE: &'static str;
}

/// Rows by number, with the images of those that changed since the last commit.
#[derive(Clone, Debug)]
pub(crate) struct Table<R> {
    rows: BTreeMap<u64, R>,
    before: BTreeMap<u64, Option<R>>,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Table {
            rows: BTreeMap::new(),
            before: BTreeMap::new(),
        }
    }
}

impl<R: Row> Table<R> {
    /// A table as the store holds it.
    pub(crate) fn loaded(rows: BTreeMap<u64, R>) -> Table<R> {
        Table {
            rows,
            before: BTreeMap::new(),
        }
    }

    pub(crate) fn get(&self, id: u64) -> Option<&R> {
        self.rows.get(&id)
    }

    /// The row to be changed; it will be stored, or restored.
    pub(crate) fn edit(&mut self, id: u64) -> Option<&mut R> {
        let row = self.rows.get_mut(&id)?;
        self.before.entry(id).or_insert_with(|| Some(row.clone()));
        Some(row)
    }

    pub(crate) fn put(&mut self, id: u64, row: R) {
        let old = self.rows.insert(id, row);
        self.before.entry(id).or_insert(old);
    }

    pub(crate) fn remove(&mut self, id: u64) {
        if let Some(old) = self.rows.remove(&id) {
            self.before.entry(id).or_insert(Some(old));
        }
    }

    /// By number, ascending.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &R)> {
        self.rows.iter().map(|(id, row)| (*id, row))
    }

    /// Those with numbers below `bound`, ascending; found without looking through the others.
    pub(crate) fn below(&self, bound: u64) -> impl DoubleEndedIterator<Item = (u64, &R)> {
        self.rows.range(..bound).map(|(id, row)| (*id, row))
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &R> {
        self.rows.values()
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        self.rows.keys().copied().collect()
    }

    /// What changed since the last commit: the row now, or `None` where it is gone.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (u64, Option<&R>)> {
        self.before.keys().map(|id| (*id, self.rows.get(id)))
    }

    /// Whether anything was put, edited or removed since the last commit.
    pub(crate) fn is_changed(&self) -> bool {
        !self.before.is_empty()
    }

    pub(crate) fn commit(&mut self) {
        self.before.clear();
    }

    pub(crate) fn rollback(&mut self) {
        for (id, old) in std::mem::take(&mut self.before) {
            match old {
                Some(row) => self.rows.insert(id, row),
                None => self.rows.remove(&id),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Number(u32);
    impl Row for Number {
        const TABLE: &'static str = "numbers";
    }

    proptest! {
        #[test]
        fn a_rollback_restores_everything(
            start in proptest::collection::btree_map(0_u64..8, 0_u32..100, 0..8),
            acts in proptest::collection::vec((0_u64..8, 0_u8..3, 0_u32..100), 0..20),
        ) {
            let rows: BTreeMap<u64, Number> = start.into_iter().map(|(k, v)| (k, Number(v))).collect();
            let mut table = Table::loaded(rows.clone());
            for (id, act, value) in acts {
                match act {
                    0 => table.put(id, Number(value)),
                    1 => table.remove(id),
                    _ => if let Some(row) = table.edit(id) { row.0 = value },
                }
            }
            let mut replayed = rows.clone();
            for (id, row) in table.changes() {
                match row { Some(row) => replayed.insert(id, row.clone()), None => replayed.remove(&id) };
            }
            prop_assert_eq!(&replayed, &table.rows);
            table.rollback();
            prop_assert_eq!(table.rows, rows);
        }
    }
}
