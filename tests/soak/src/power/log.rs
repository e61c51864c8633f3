//! What a process did to its files, read from strace's record.
//!
//! strace sees what the kernel sees: a VFS shim inside SQLite would miss what the store itself does to files beside the
//! database, and would be part of the program that is judged. The record is made with `-f -y -xx`, so texts are hexadecimal
//! and file descriptors carry their paths.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The calls that are recorded. `mmap` is not among them: SQLite maps only its shared-memory index, which it makes anew.
pub const CALLS: &str = "openat,open,creat,close,dup,dup2,dup3,lseek,write,writev,pwrite64,pwritev,fsync,fdatasync,\
sync_file_range,ftruncate,truncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,sendto,sendmsg";

/// Number of a file: its content, whatever it is called.
pub type FileId = usize;

/// One thing that was done, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A name came to be.
    Create(PathBuf, FileId),
    /// Octets were written.
    Write(FileId, u64, Vec<u8>),
    /// A file became shorter or longer.
    Truncate(FileId, u64),
    /// Everything written before event `began` is on the disk now.
    Sync(FileId, usize),
    /// The names in a folder are on the disk now.
    SyncFolder(PathBuf, usize),
    /// A name became another.
    Rename(PathBuf, PathBuf),
    /// A name went away.
    Remove(PathBuf),
    /// A line was said on standard output: whoever reads it believes it from here on.
    Said(String),
}

/// A file descriptor.
#[derive(Debug, Clone)]
struct Open {
    what: What,
    at: u64,
    append: bool,
}

#[derive(Debug, Clone)]
enum What {
    File(FileId),
    Folder(PathBuf),
}

/// Reads a record of what happened below `folder`.
///
/// # Errors
/// A line that ought to be understood is not.
pub fn read(text: &str, folder: &Path) -> Result<Vec<Event>> {
    let mut reader = Reader {
        folder: folder.to_owned(),
        events: Vec::new(),
        names: HashMap::new(),
        files: 0,
        lengths: HashMap::new(),
        open: HashMap::new(),
        said: Vec::new(),
    };
    let mut unfinished: HashMap<&str, (String, usize)> = HashMap::new();
    for line in text.lines() {
        let Some((process, rest)) = line.split_once(' ') else {
            continue;
        };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            unfinished.insert(process, (begun.trim_end().to_owned(), reader.events.len()));
            continue;
        }
        let (whole, began) = match rest.strip_prefix("<... ") {
            Some(resumed) => {
                let Some((begun, at)) = unfinished.remove(process) else {
                    continue;
                };
                let tail = resumed.split_once("resumed>").map_or("", |(_, tail)| tail);
                (format!("{begun}{tail}"), at)
            }
            None => (rest.to_owned(), reader.events.len()),
        };
        let Some(call) = Call::parse(&whole) else { continue };
        reader
            .take(&call, began)
            .with_context(|| format!("in the record: {}", shorten(&whole)))?;
    }
    Ok(reader.events)
}

fn shorten(text: &str) -> String {
    text.chars().take(200).collect()
}

/// A system call that succeeded.
struct Call<'a> {
    name: &'a str,
    arguments: Vec<&'a str>,
    result: i64,
    result_path: Option<PathBuf>,
}

impl<'a> Call<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, rest) = line.split_once('(')?;
        let (arguments, result) = rest.rsplit_once(") = ")?;
        let result = result.trim();
        let number: String = result
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '-')
            .collect();
        let number: i64 = number.parse().ok()?;
        if number < 0 {
            return None;
        }
        Some(Self {
            name,
            arguments: split(arguments),
            result: number,
            result_path: in_brackets(result),
        })
    }

    fn argument(&self, at: usize) -> Result<&'a str> {
        self.arguments
            .get(at)
            .copied()
            .with_context(|| format!("{} lacks argument {at}", self.name))
    }

    fn descriptor(&self, at: usize) -> Result<i64> {
        let text = self.argument(at)?;
        let digits: String = text.chars().take_while(|c| c.is_ascii_digit()).collect();
        digits.parse().with_context(|| format!("no descriptor: {text}"))
    }

    fn number(&self, at: usize) -> Result<u64> {
        self.argument(at)?.trim().parse().context("no number")
    }
}

/// Arguments are separated by commas outside of texts; texts are hexadecimal and hold none, lists may.
fn split(arguments: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (at, octet) in arguments.bytes().enumerate() {
        match octet {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(arguments[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(arguments[start..].trim());
    parts
}

fn in_brackets(text: &str) -> Option<PathBuf> {
    let (_, rest) = text.split_once('<')?;
    let (path, _) = rest.split_once('>')?;
    path_of(path)
}

fn path_of(hexadecimal: &str) -> Option<PathBuf> {
    let octets = octets(hexadecimal)?;
    Some(PathBuf::from(String::from_utf8(octets).ok()?))
}

/// `\x61\x62` as octets.
fn octets(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().trim_matches('"');
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.strip_prefix("\\x")?
        .split("\\x")
        .map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect()
}

struct Reader {
    folder: PathBuf,
    events: Vec<Event>,
    /// Names as the process sees them.
    names: HashMap<PathBuf, FileId>,
    files: usize,
    lengths: HashMap<FileId, u64>,
    open: HashMap<i64, Open>,
    said: Vec<u8>,
}

impl Reader {
    fn take(&mut self, call: &Call<'_>, began: usize) -> Result<()> {
        match call.name {
            "open" | "openat" | "creat" => self.opened(call)?,
            "close" => {
                self.open.remove(&call.descriptor(0)?);
            }
            "dup" | "dup2" | "dup3" => {
                if let Some(open) = self.open.get(&call.descriptor(0)?).cloned() {
                    self.open.insert(call.result, open);
                }
            }
            "lseek" => {
                if let Some(open) = self.open.get_mut(&call.descriptor(0)?) {
                    open.at = u64::try_from(call.result)?;
                }
            }
            "write" => self.wrote(call, None)?,
            "pwrite64" => {
                let at = call.number(3)?;
                self.wrote(call, Some(at))?;
            }
            "writev" | "pwritev" | "fallocate" | "sync_file_range" | "truncate" => {
                if let Some(Open {
                    what: What::File(_), ..
                }) = self.open.get(&call.descriptor(0).unwrap_or(-1))
                {
                    bail!("{} on a file is not followed here", call.name);
                }
            }
            "fsync" | "fdatasync" => match self.open.get(&call.descriptor(0)?) {
                Some(Open {
                    what: What::File(file),
                    ..
                }) => {
                    let file = *file;
                    self.events.push(Event::Sync(file, began));
                }
                Some(Open {
                    what: What::Folder(folder),
                    ..
                }) => {
                    let folder = folder.clone();
                    self.events.push(Event::SyncFolder(folder, began));
                }
                None => {}
            },
            "ftruncate" => {
                if let Some(Open {
                    what: What::File(file),
                    ..
                }) = self.open.get(&call.descriptor(0)?)
                {
                    let (file, length) = (*file, call.number(1)?);
                    self.lengths.insert(file, length);
                    self.events.push(Event::Truncate(file, length));
                }
            }
            "rename" => self.renamed(call.argument(0)?, call.argument(1)?)?,
            "renameat" | "renameat2" => self.renamed(call.argument(1)?, call.argument(3)?)?,
            "unlink" => self.removed(call.argument(0)?)?,
            "unlinkat" => self.removed(call.argument(1)?)?,
            _ => {}
        }
        Ok(())
    }

    fn ours(&self, path: &Path) -> bool {
        path.starts_with(&self.folder)
    }

    fn opened(&mut self, call: &Call<'_>) -> Result<()> {
        let Some(path) = &call.result_path else {
            return Ok(());
        };
        if !self.ours(path) {
            return Ok(());
        }
        let flags = call
            .arguments
            .get(if call.name == "openat" { 2 } else { 1 })
            .copied()
            .unwrap_or_default();
        // Only what may create makes a file known; a folder is opened to be synced.
        let what = match self.names.get(path) {
            Some(file) => What::File(*file),
            None if flags.contains("O_CREAT") || call.name == "creat" => {
                let file = self.files;
                self.files += 1;
                self.names.insert(path.clone(), file);
                self.events.push(Event::Create(path.clone(), file));
                What::File(file)
            }
            None => What::Folder(path.clone()),
        };
        if let What::File(file) = what
            && flags.contains("O_TRUNC")
        {
            self.lengths.insert(file, 0);
            self.events.push(Event::Truncate(file, 0));
        }
        let append = flags.contains("O_APPEND");
        self.open.insert(call.result, Open { what, at: 0, append });
        Ok(())
    }

    fn wrote(&mut self, call: &Call<'_>, at: Option<u64>) -> Result<()> {
        let descriptor = call.descriptor(0)?;
        let length = usize::try_from(call.result)?;
        if descriptor == 1 {
            let said = octets(call.argument(1)?).context("not hexadecimal")?;
            self.said.extend(said.get(..length).unwrap_or_default());
            while let Some(end) = self.said.iter().position(|octet| *octet == b'\n') {
                let line: Vec<u8> = self.said.drain(..=end).collect();
                self.events
                    .push(Event::Said(String::from_utf8_lossy(&line).trim_end().to_owned()));
            }
            return Ok(());
        }
        let Some(Open {
            what: What::File(file),
            at: place,
            append,
        }) = self.open.get_mut(&descriptor)
        else {
            return Ok(());
        };
        let file = *file;
        let known = self.lengths.entry(file).or_default();
        let offset = at.unwrap_or(if *append { *known } else { *place });
        let mut octets = octets(call.argument(1)?).context("not hexadecimal")?;
        octets.truncate(length);
        let end = offset + octets.len() as u64;
        if at.is_none() {
            *place = end;
        }
        *known = end.max(*known);
        self.events.push(Event::Write(file, offset, octets));
        Ok(())
    }

    fn renamed(&mut self, from: &str, to: &str) -> Result<()> {
        let (from, to) = (path_of(from).context("no path")?, path_of(to).context("no path")?);
        if !self.ours(&from) {
            return Ok(());
        }
        if let Some(file) = self.names.remove(&from) {
            self.names.insert(to.clone(), file);
            self.events.push(Event::Rename(from, to));
        }
        Ok(())
    }

    fn removed(&mut self, path: &str) -> Result<()> {
        let path = path_of(path).context("no path")?;
        if self.ours(&path) && self.names.remove(&path).is_some() {
            self.events.push(Event::Remove(path));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> String {
        text.bytes().map(|octet| format!("\\x{octet:02x}")).collect()
    }

    #[test]
    fn a_record_is_understood() {
        let (folder, file, other) = (hex("/f"), hex("/f/a"), hex("/f/b"));
        let record = format!(
            "10 openat(AT_FDCWD<{folder}>, \"{file}\", O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 3<{file}>\n\
             10 pwrite64(3<{file}>, \"{two}\", 2, 512) = 2\n\
             11 write(1<{pipe}>, \"{line}\", 6) = 6\n\
             10 fdatasync(3<{file}> <unfinished ...>\n\
             11 write(3<{file}>, \"{two}\", 2) = 2\n\
             10 <... fdatasync resumed>) = 0\n\
             10 ftruncate(3<{file}>, 1) = 0\n\
             10 rename(\"{file}\", \"{other}\") = 0\n\
             10 openat(AT_FDCWD<{folder}>, \"{folder}\", O_RDONLY|O_CLOEXEC) = 4<{folder}>\n\
             10 fsync(4<{folder}>) = 0\n\
             10 unlink(\"{other}\") = 0\n\
             10 write(5<{pipe}>, \"{two}\", 2) = 2\n\
             10 pwrite64(3<{file}>, \"{two}\", 2, 0) = -1 EIO (Input/output error)\n\
             10 +++ exited with 0 +++\n",
            two = hex("ab"),
            pipe = hex("pipe:[1]"),
            line = hex("hello\n"),
        );
        let events = read(&record, Path::new("/f")).unwrap();
        assert_eq!(
            events,
            [
                Event::Create("/f/a".into(), 0),
                Event::Write(0, 512, b"ab".to_vec()),
                Event::Said("hello".to_owned()),
                Event::Write(0, 0, b"ab".to_vec()),
                // What was written after it began is not among what it synced.
                Event::Sync(0, 3),
                Event::Truncate(0, 1),
                Event::Rename("/f/a".into(), "/f/b".into()),
                Event::SyncFolder("/f".into(), 7),
                Event::Remove("/f/b".into()),
            ]
        );
    }
}
