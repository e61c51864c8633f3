//! What a disk may hold after the power went: everything that was synced, and any part of what was not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rand::Rng;
use rand::rngs::StdRng;

use super::log::{Event, FileId};

/// The unit that a disk writes whole.
const SECTOR: u64 = 512;

/// A disk, as far as it is certain, and what is still in the cache.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    files: BTreeMap<FileId, Content>,
    /// Names on the disk.
    names: BTreeMap<PathBuf, FileId>,
    /// Changes of names that are not, with the events that made them.
    pending: Vec<(usize, Name)>,
}

#[derive(Debug, Clone, Default)]
struct Content {
    durable: Vec<u8>,
    pending: Vec<(usize, Change)>,
}

#[derive(Debug, Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Length(u64),
}

#[derive(Debug, Clone)]
enum Name {
    Create(PathBuf, FileId),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
}

impl Name {
    fn is_in(&self, folder: &Path) -> bool {
        match self {
            Self::Create(path, _) | Self::Remove(path) => path.parent() == Some(folder),
            Self::Rename(from, to) => from.parent() == Some(folder) || to.parent() == Some(folder),
        }
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, FileId>) {
        match self {
            Self::Create(path, file) => {
                names.insert(path.clone(), *file);
            }
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Self::Remove(path) => {
                names.remove(path);
            }
        }
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write(at, octets) => put(content, *at, octets),
            Self::Length(length) => content.resize(place(*length), 0),
        }
    }
}

fn place(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

fn put(content: &mut Vec<u8>, at: u64, octets: &[u8]) {
    let (from, to) = (place(at), place(at) + octets.len());
    if content.len() < to {
        content.resize(to, 0);
    }
    content[from..to].copy_from_slice(octets);
}

impl Disk {
    /// Takes in event number `number`.
    pub fn happened(&mut self, number: usize, event: &Event) {
        match event {
            Event::Create(path, file) => {
                self.files.entry(*file).or_default();
                self.pending.push((number, Name::Create(path.clone(), *file)));
            }
            Event::Write(file, at, octets) => {
                self.change(*file, number, Change::Write(*at, octets.clone()));
            }
            Event::Truncate(file, length) => self.change(*file, number, Change::Length(*length)),
            Event::Sync(file, began) => {
                let content = self.files.entry(*file).or_default();
                let (synced, pending) = std::mem::take(&mut content.pending)
                    .into_iter()
                    .partition(|(number, _)| number < began);
                content.pending = pending;
                let synced: Vec<(usize, Change)> = synced;
                for (_, change) in synced {
                    change.apply(&mut content.durable);
                }
            }
            Event::SyncFolder(folder, began) => {
                let (synced, pending) = std::mem::take(&mut self.pending)
                    .into_iter()
                    .partition(|(number, name)| number < began && name.is_in(folder));
                self.pending = pending;
                let synced: Vec<(usize, Name)> = synced;
                for (_, name) in synced {
                    name.apply(&mut self.names);
                }
            }
            Event::Rename(from, to) => {
                self.pending
                    .push((number, Name::Rename(from.clone(), to.clone())));
            }
            Event::Remove(path) => self.pending.push((number, Name::Remove(path.clone()))),
            Event::Said(_) => {}
        }
    }

    fn change(&mut self, file: FileId, number: usize, change: Change) {
        self.files.entry(file).or_default().pending.push((number, change));
    }

    /// Writes what the disk may hold if the power goes now into `to`, in place of what lay in `from`.
    ///
    /// Every unsynced sector is there or not, each by itself; every unsynced change of a length too. Names follow in the
    /// order in which they were changed, up to some point: journaling file systems keep that order.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn lose_power(&self, rng: &mut StdRng, from: &Path, to: &Path) -> Result<()> {
        let mut names = self.names.clone();
        let known = rng.random_range(0..=self.pending.len());
        for (_, name) in self.pending.iter().take(known) {
            name.apply(&mut names);
        }
        // From losing all of the cache to losing nothing of it.
        let kept = [0, 10, 50, 90, 100][rng.random_range(0..5)];
        for (path, file) in names {
            let Some(content) = self.files.get(&file) else {
                continue;
            };
            let target = to.join(path.strip_prefix(from)?);
            if let Some(folder) = target.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(target, content.torn(rng, kept))?;
        }
        Ok(())
    }
}

impl Content {
    fn torn(&self, rng: &mut StdRng, kept: u32) -> Vec<u8> {
        let mut content = self.durable.clone();
        for (_, change) in &self.pending {
            match change {
                Change::Length(_) => {
                    if rng.random_ratio(kept, 100) {
                        change.apply(&mut content);
                    }
                }
                Change::Write(at, octets) => {
                    for (at, sector) in sectors(*at, octets) {
                        if rng.random_ratio(kept, 100) {
                            put(&mut content, at, sector);
                        }
                    }
                }
            }
        }
        content
    }
}

/// What is written, cut at the borders of sectors.
fn sectors(mut at: u64, mut octets: &[u8]) -> Vec<(u64, &[u8])> {
    let mut parts = Vec::new();
    while !octets.is_empty() {
        let room = place(SECTOR - at % SECTOR);
        let (part, rest) = octets.split_at(room.min(octets.len()));
        parts.push((at, part));
        at += part.len() as u64;
        octets = rest;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn images(events: &[Event]) -> Vec<Option<Vec<u8>>> {
        let mut disk = Disk::default();
        for (number, event) in events.iter().enumerate() {
            disk.happened(number, event);
        }
        let mut rng = StdRng::seed_from_u64(3);
        (0..200)
            .map(|_| {
                let to = tempfile::tempdir().unwrap();
                disk.lose_power(&mut rng, Path::new("/f"), to.path()).unwrap();
                std::fs::read(to.path().join("a")).ok()
            })
            .collect()
    }

    #[test]
    fn sectors_are_cut_where_a_disk_cuts_them() {
        let octets = vec![7; 1_200];
        let parts: Vec<(u64, usize)> = sectors(500, &octets)
            .iter()
            .map(|(at, part)| (*at, part.len()))
            .collect();
        assert_eq!(parts, [(500, 12), (512, 512), (1_024, 512), (1_536, 164)]);
    }

    #[test]
    fn what_is_not_synced_may_be_lost_in_part_and_what_is_stays() {
        let events = [
            Event::Create("/f/a".into(), 0),
            Event::Write(0, 0, vec![1; 1_024]),
            Event::Sync(0, 2),
            Event::SyncFolder("/f".into(), 3),
            Event::Write(0, 0, vec![2; 1_024]),
        ];
        let images = images(&events);
        let firsts: Vec<(u8, u8)> = images
            .iter()
            .map(|image| {
                let image = image.as_ref().unwrap();
                assert_eq!(image.len(), 1_024);
                (image[0], image[512])
            })
            .collect();
        for torn in [(1, 1), (1, 2), (2, 1), (2, 2)] {
            assert!(firsts.contains(&torn), "{torn:?}");
        }
    }

    #[test]
    fn a_name_that_is_not_synced_may_be_missing_however_well_its_content_is() {
        let events = [
            Event::Create("/f/a".into(), 0),
            Event::Write(0, 0, vec![1; 10]),
            Event::Sync(0, 2),
        ];
        let images = images(&events);
        assert!(images.contains(&None));
        assert!(images.contains(&Some(vec![1; 10])));
        assert_eq!(
            images
                .iter()
                .flatten()
                .collect::<std::collections::BTreeSet<_>>()
                .len(),
            1
        );
    }

    #[test]
    fn what_was_written_while_a_sync_ran_is_not_synced() {
        let events = [
            Event::Create("/f/a".into(), 0),
            Event::SyncFolder("/f".into(), 1),
            Event::Write(0, 0, vec![1; 10]),
            Event::Write(0, 0, vec![2; 10]),
            Event::Sync(0, 3),
        ];
        let images = images(&events);
        assert!(images.contains(&Some(vec![1; 10])));
        assert!(images.contains(&Some(vec![2; 10])));
        assert!(!images.contains(&Some(Vec::new())));
    }
}
