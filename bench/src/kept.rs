//! The worker of rows P20 to P22: the encrypted store of a long past and of a short one, the same rows in plain SQLite,
//! and a bare file.
//!
//! Plain SQLite is the same library, opened without a key, over a file that SQLCipher's own export made: same schema,
//! same indexes, same settings of the connection. What it is asked for is one statement that gives the same columns.

use std::fs::{File, OpenOptions};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use kvit_bench_worker::{Done, Order, Proof, serve};
use kvit_domain::Timestamp;
use kvit_domain::id::{InvoiceId, PaymentId, UserId};
use kvit_store::{KeptPayment, OperationRow, PaymentsQuery, StepRow, Store, StoreKey};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rusqlite::{Connection, OpenFlags};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::line::nanoseconds;
use crate::past::{Past, WORDS};

/// Rows of a window.
pub const WINDOW: usize = 50;
/// What a journal's step holds besides its columns, about as an engine writes it.
const BODY: usize = 700;
/// Bytes of the bare write: a page.
const PAGE: usize = 4096;

/// The file of the plain store in the folder of the stores.
const PLAIN: &str = "plain.db";

/// Copies the long store into a plain file beside it.
pub fn export(folder: &Path, key: &SecretString) -> Result<()> {
    let long = folder.join("long").join(kvit_store_file());
    let plain = folder.join(PLAIN);
    let path = plain.to_str().context("a path that is no text")?;
    ensure!(!path.contains('\''), "a path that cannot be quoted");
    // What is attached is opened as this one is, and the plain file is not there yet.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = Connection::open_with_flags(&long, flags)?;
    connection.execute_batch(&format!("PRAGMA key = \"x'{}'\"", key.expose_secret()))?;
    connection.execute_batch(&format!("ATTACH DATABASE '{path}' AS plain KEY ''"))?;
    connection.query_row("SELECT sqlcipher_export('plain')", [], |_| Ok(()))?;
    connection.execute_batch("DETACH DATABASE plain")?;
    drop(connection);
    let plain = settled(&plain)?;
    let mode: String = plain.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    ensure!(mode == "wal", "the plain file takes no log");
    let head = std::fs::read(folder.join(PLAIN))?;
    ensure!(
        head.starts_with(b"SQLite format 3"),
        "the plain file is not plain"
    );
    Ok(())
}

const fn kvit_store_file() -> &'static str {
    "store.db"
}

/// A plain connection with the settings that the store gives its own.
fn settled(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
         PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA cache_size = -16000;
         PRAGMA wal_autocheckpoint = 0;",
    )?;
    Ok(connection)
}

/// One window by keyset: the columns that a copy is made of.
const KEYSET: &str = "SELECT p.id, p.sats, p.deal, p.mark, p.read, b.body, c.text, p.mark_key, p.gone,
            EXISTS (SELECT 1 FROM notices n WHERE n.payment = p.id) FROM payments p
     JOIN payment_bodies b ON b.payment = p.id
     LEFT JOIN confirmations c ON c.payment = p.id
     WHERE p.id <= ?1 ORDER BY p.id DESC LIMIT ?2";

/// One row of a plain window, all of it taken out of SQLite.
struct PlainRow {
    id: u64,
    sats: u64,
    deal: Option<i64>,
    mark: String,
    read: String,
    body: String,
    confirmation: Option<String>,
    key: Option<String>,
    gone: bool,
    noticed: bool,
}

fn plain_window(connection: &Connection, newest: u64) -> Result<Vec<PlainRow>> {
    let mut statement = connection.prepare_cached(KEYSET)?;
    let rows = statement.query_map((newest, WINDOW as u64), |row| {
        Ok(PlainRow {
            id: row.get(0)?,
            sats: row.get(1)?,
            deal: row.get(2)?,
            mark: row.get(3)?,
            read: row.get(4)?,
            body: row.get(5)?,
            confirmation: row.get(6)?,
            key: row.get(7)?,
            gone: row.get(8)?,
            noticed: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What both windows must agree on.
fn note(proof: &mut Proof, id: u64, sats: u64, confirmation: Option<&str>) {
    proof.number(id);
    proof.number(sats);
    proof.number(confirmation.map_or(0, |text| text.len() as u64));
}

fn note_plain(proof: &mut Proof, rows: &[PlainRow]) -> Result<()> {
    ensure!(rows.len() == WINDOW, "{} rows in a window", rows.len());
    for row in rows {
        ensure!(
            row.deal.is_none() && !row.gone && !row.noticed && row.key.is_none(),
            "another row than was kept"
        );
        ensure!(
            !row.mark.is_empty() && !row.read.is_empty() && !row.body.is_empty(),
            "a row without its parts"
        );
        note(proof, row.id, row.sats, row.confirmation.as_deref());
    }
    Ok(())
}

fn note_kept(proof: &mut Proof, rows: &[KeptPayment]) -> Result<()> {
    ensure!(rows.len() == WINDOW, "{} rows in a window", rows.len());
    for row in rows {
        let payment = &row.payment;
        note(
            proof,
            payment.id.get(),
            u64::try_from(payment.amount.get())?,
            payment.confirmation.as_deref(),
        );
    }
    Ok(())
}

/// Takes what the system keeps of a file out of its memory, so that the disk is asked again.
fn forget(path: &Path) -> Result<()> {
    let file = File::open(path)?;
    file.sync_all()?;
    posix_fadvise(file.as_fd(), 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)?;
    Ok(())
}

/// Everything the worker has open.
struct Kept {
    folder: PathBuf,
    key: StoreKey,
    past: Past,
    me: UserId,
    long: Option<Store>,
    short: Store,
    journal: Store,
    ids: Vec<PaymentId>,
    plain: Connection,
    bare: File,
    opens: u64,
    written: u64,
}

impl Kept {
    fn open(folder: &Path, digits: &SecretString, seed: u64) -> Result<Self> {
        let key = StoreKey::from_hex(digits).context("not a key")?;
        let past = Past::new(seed)?;
        let me = past.profile().id;
        let now = Timestamp::now();
        let open = |name: &str| -> Result<Store> {
            Ok(Store::open(&folder.join(name), &key, 0, now)
                .with_context(|| format!("the store {name} does not open"))?
                .store)
        };
        let long = open("long")?;
        let ids = long.payment_ids(&all(me))?;
        let bare = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(folder.join("bare"))?;
        // A place that is there already: what is measured is the page, not how a file grows.
        bare.write_all_at(&vec![1; PAGE * 256], 0)?;
        bare.sync_all()?;
        Ok(Self {
            opens: long.opens(),
            short: open("short")?,
            journal: open("journal")?,
            long: Some(long),
            ids,
            plain: settled(&folder.join(PLAIN))?,
            bare,
            folder: folder.to_owned(),
            key,
            past,
            me,
            written: 0,
        })
    }

    fn long(&self) -> Result<&Store> {
        self.long.as_ref().context("the store is not open")
    }

    /// The window of the list that begins at a place, as the engine asks for it.
    fn window(&self, from: usize) -> Result<Vec<KeptPayment>> {
        let wanted = self
            .ids
            .get(from..from.saturating_add(WINDOW))
            .context("no such window")?;
        Ok(self.long()?.payments_by_id(wanted)?)
    }

    fn plain_window(&self, from: usize) -> Result<Vec<PlainRow>> {
        let newest = self.ids.get(from).context("no such window")?.get();
        plain_window(&self.plain, newest)
    }

    /// The last place where a whole window begins.
    fn deepest(&self) -> usize {
        self.ids.len().saturating_sub(WINDOW)
    }

    fn run(&mut self, order: &Order) -> Result<Done> {
        let mut proof = Proof::default();
        let mut samples = Vec::new();
        // The same places for everybody who gets the same order.
        let mut random = StdRng::seed_from_u64(order.start as u64);
        for number in 0..order.count {
            let place = random.random_range(0..=self.deepest());
            match order.what.as_str() {
                "window" => note_kept(&mut proof, &self.window(place)?)?,
                "window-plain" => note_plain(&mut proof, &self.plain_window(place)?)?,
                "window-json" => {
                    let rows = self.plain_window(place)?;
                    for row in &rows {
                        let value: serde_json::Value = serde_json::from_str(&row.body)?;
                        ensure!(value.is_object(), "a body that is no object");
                    }
                    note_plain(&mut proof, &rows)?;
                }
                // A few screens at the end, and as many at the beginning.
                "window-top" => note_kept(&mut proof, &self.window(random.random_range(0..WINDOW * 4))?)?,
                "window-deep" => {
                    let place = self.deepest().saturating_sub(random.random_range(0..WINDOW * 4));
                    note_kept(&mut proof, &self.window(place)?)?;
                }
                "cold" => samples.push(self.cold(place, &mut proof)?),
                "cold-plain" => samples.push(self.cold_plain(place, &mut proof)?),
                "numbers" => {
                    let ids = self.long()?.payment_ids(&all(self.me))?;
                    proof.number(ids.len() as u64);
                    proof.number(ids.first().map_or(0, |id| id.get()));
                }
                "numbers-plain" => {
                    let ids: Vec<u64> = self
                        .plain
                        .prepare_cached("SELECT id FROM payments ORDER BY id DESC")?
                        .query_map([], |row| row.get(0))?
                        .collect::<rusqlite::Result<_>>()?;
                    proof.number(ids.len() as u64);
                    proof.number(ids.first().copied().unwrap_or_default());
                }
                "begin" => samples.push(self.begin()?),
                "bare" => samples.push(self.bare_write()?),
                filter => self.filter(filter, order.start.wrapping_add(number), &mut proof)?,
            }
        }
        if matches!(order.what.as_str(), "begin" | "bare") {
            proof.number(samples.len() as u64);
        }
        Ok(Done {
            proof: proof.value(),
            samples,
        })
    }

    /// The first window after an opening, with nothing of the file in anybody's memory; nanoseconds.
    fn cold(&mut self, from: usize, proof: &mut Proof) -> Result<u64> {
        drop(self.long.take());
        let folder = self.folder.join("long");
        forget(&folder.join(kvit_store_file()))?;
        let opened = Store::open(&folder, &self.key, self.opens, Timestamp::now())?;
        ensure!(opened.doubt.is_none(), "the store is in doubt");
        self.opens = opened.store.opens();
        self.long = Some(opened.store);
        forget(&folder.join(kvit_store_file()))?;
        let begin = Instant::now();
        let rows = self.window(from)?;
        let took = nanoseconds(begin);
        note_kept(proof, &rows)?;
        Ok(took)
    }

    fn cold_plain(&mut self, from: usize, proof: &mut Proof) -> Result<u64> {
        let path = self.folder.join(PLAIN);
        forget(&path)?;
        self.plain = settled(&path)?;
        // As the store has looked at its own when it is open.
        self.plain.query_row("SELECT opens FROM state", [], |_| Ok(()))?;
        forget(&path)?;
        let begin = Instant::now();
        let rows = self.plain_window(from)?;
        let took = nanoseconds(begin);
        note_plain(proof, &rows)?;
        Ok(took)
    }

    /// One operation on its way to the disk; nanoseconds.
    fn begin(&mut self) -> Result<u64> {
        let id = Uuid::new_v4();
        self.written = self.written.saturating_add(1);
        let now = Timestamp::now();
        let row = OperationRow {
            id,
            act: "pay_from_balance".to_owned(),
            state: "prepared".to_owned(),
            open: true,
            prepared: now,
            settled: None,
            invoice: InvoiceId::new(self.written),
            payment: None,
            deal: None,
            body: "b".repeat(BODY),
        };
        let step = StepRow {
            at: now,
            what: "prepared".to_owned(),
            body: "{}".to_owned(),
        };
        let begin = Instant::now();
        let number = self.journal.begin_operation(&row, &step)?;
        let took = nanoseconds(begin);
        let (kept, there) = self
            .journal
            .operation(id)?
            .context("the operation is not there")?;
        ensure!(kept == number && there == row, "another operation is there");
        Ok(took)
    }

    /// One page on its way to the disk; nanoseconds.
    fn bare_write(&mut self) -> Result<u64> {
        self.written = self.written.saturating_add(1);
        let page = [self.written.to_le_bytes()[0]; PAGE];
        let place = self
            .written
            .checked_rem(256)
            .unwrap_or(0)
            .saturating_mul(PAGE as u64);
        let begin = Instant::now();
        self.bare.write_all_at(&page, place)?;
        self.bare.sync_data()?;
        Ok(nanoseconds(begin))
    }

    /// A letter typed into the search: the numbers that fit, and the first window of them.
    fn filter(&self, what: &str, number: usize, proof: &mut Proof) -> Result<()> {
        let (store, kind) = match what.strip_prefix("short-") {
            Some(kind) => (&self.short, kind),
            None => (self.long()?, what.strip_prefix("long-").unwrap_or(what)),
        };
        let text = match kind {
            // All letters but the last of somebody's name: one in 400 payments or so.
            "name" => {
                let mut name = self.past.name(number).context("nobody")?.to_owned();
                name.pop();
                name
            }
            // A word that one in twelve payments has.
            "word" => WORDS
                .get(number.checked_rem(WORDS.len()).unwrap_or(0))
                .and_then(|words| words.split(' ').next())
                .context("no word")?
                .to_owned(),
            // Two letters, too short for the index.
            "letters" => self
                .past
                .name(number)
                .context("nobody")?
                .chars()
                .take(2)
                .collect(),
            // A number that both stores have.
            "number" => number
                .checked_rem(900)
                .unwrap_or(0)
                .saturating_add(50)
                .to_string(),
            _ => bail!("no such operation: {what}"),
        };
        let query = PaymentsQuery { text, ..all(self.me) };
        let ids = store.payment_ids(&query)?;
        let shown: Vec<PaymentId> = ids.iter().take(WINDOW).copied().collect();
        let rows = store.payments_by_id(&shown)?;
        ensure!(rows.len() == shown.len(), "a row is missing");
        if matches!(kind, "word" | "number") {
            ensure!(!rows.is_empty(), "nothing was found: {}", query.text);
        }
        proof.number(ids.len() as u64);
        Ok(())
    }
}

fn all(me: UserId) -> PaymentsQuery {
    PaymentsQuery {
        me,
        direction: None,
        status: None,
        text: String::new(),
        noticed_only: false,
    }
}

/// The worker: `store FOLDER KEY SEED`.
pub fn worker(folder: &Path, digits: &str, seed: &str) -> Result<ExitCode> {
    let seed = seed.parse().context("not a seed")?;
    let mut kept = Kept::open(folder, &SecretString::from(digits), seed)?;
    let version: String = kept
        .plain
        .query_row("SELECT sqlite_version()", [], |row| row.get(0))?;
    let cipher: String = kept
        .plain
        .query_row("PRAGMA cipher_version", [], |row| row.get(0))?;
    let about = format!("SQLite {version} without a key, the library of SQLCipher {cipher}");
    Ok(serve(&about, move |order| {
        kept.run(order).map_err(|error| format!("{error:#}"))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::past::Past;

    #[test]
    fn everybody_reads_the_same_rows_and_the_plain_file_is_plain() {
        let folder = tempfile::tempdir().unwrap();
        let key = StoreKey::random();
        let digits = key.to_hex().unwrap();
        for (name, count) in [("long", 400), ("short", 120)] {
            Past::new(7)
                .unwrap()
                .keep(&folder.path().join(name), &key, count)
                .unwrap();
        }
        export(folder.path(), &digits).unwrap();
        let mut kept = Kept::open(folder.path(), &digits, 7).unwrap();
        let mut run = |what: &str, count| {
            let order = Order {
                what: what.to_owned(),
                start: 5,
                count,
            };
            kept.run(&order).unwrap()
        };
        let proof = run("window", 3).proof;
        for other in ["window-plain", "window-json", "cold", "cold-plain"] {
            assert_eq!(run(other, 3).proof, proof, "{other}");
        }
        assert_ne!(run("window-deep", 3).proof, run("window-top", 3).proof);
        assert_eq!(run("numbers", 1).proof, run("numbers-plain", 1).proof);
        assert_eq!(run("begin", 4).samples.len(), 4);
        assert_eq!(run("bare", 4).samples.len(), 4);
        for kind in ["name", "word", "letters", "number"] {
            run(&format!("long-{kind}"), 2);
            run(&format!("short-{kind}"), 1);
        }
    }
}
