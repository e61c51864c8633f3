//! The file: new, whole or not there.

use std::fs;

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("no such row")]
struct NoRow;

#[test]
fn a_fault_leaves_no_half_file() {
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Csv, Format::Json] {
        let path = folder.path().join("payments");
        let rows = [Ok(full_row()), Err(NoRow)];
        let fault = save(&path, format, Tongue::En, &head(), rows).unwrap_err();
        assert!(matches!(fault, ExportFault::Row(NoRow)), "{fault:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    let nowhere = folder.path().join("missing").join("payments.csv");
    let rows: [Result<Row, NoRow>; 0] = [];
    let fault = save(&nowhere, Format::Csv, Tongue::En, &head(), rows).unwrap_err();
    assert!(matches!(fault, ExportFault::File(_)), "{fault:?}");
}

/// A disk with room for so many bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len())
            .ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_told_wherever_it_is_met() {
    for format in [Format::Csv, Format::Json] {
        let whole = export(format, Tongue::En, &[full_row()]).len();
        for room in [0, 3, whole / 2, whole - 1] {
            let rows = [Ok::<_, Infallible>(full_row())];
            let written = write(format, Tongue::En, &head(), rows, Full(room));
            assert!(matches!(written, Err(ExportFault::File(_))), "{format:?}, {room}");
        }
    }
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(default_name(Format::Csv, Tongue::En, &head()));
    fs::write(&path, "mine").unwrap();
    let names: Vec<String> = (0..3)
        .map(|_| {
            let rows = [Ok::<_, Infallible>(full_row())];
            let saved = save(&path, Format::Csv, Tongue::En, &head(), rows).unwrap();
            assert_eq!(saved.rows, 1);
            let text = fs::read_to_string(&saved.path).unwrap();
            assert_eq!(text, export(Format::Csv, Tongue::En, &[full_row()]));
            saved.path.file_name().unwrap().to_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(
        names,
        [
            "payments 2026-11-23 (2).csv",
            "payments 2026-11-23 (3).csv",
            "payments 2026-11-23 (4).csv"
        ]
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    let (_, bare) = create_beside(&folder.path().join("a.b")).unwrap();
    assert!(bare.ends_with("a.b"));
    fs::create_dir(folder.path().join("folder")).unwrap();
    let (_, beside) = create_beside(&folder.path().join("folder")).unwrap();
    assert!(beside.ends_with("folder (2)"));
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed_and_only_the_person_may_read() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    symlink(&target, folder.path().join("payments.csv")).unwrap();
    let (file, path) = create_beside(&folder.path().join("payments.csv")).unwrap();
    assert!(path.ends_with("payments (2).csv") && !target.exists());
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}
