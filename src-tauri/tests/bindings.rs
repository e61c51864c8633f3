//! The page's bindings are generated from the commands: `cargo xtask bindings` writes them, and every test run
//! compares.

use std::path::Path;

use specta_typescript::Typescript;

#[test]
fn the_bindings_in_the_repository_are_the_generated_ones() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/ipc/bindings.ts");
    let write = std::env::var_os("KVIT_WRITE_BINDINGS").is_some();
    let folder = tempfile::tempdir().unwrap();
    let fresh = if write {
        kept.clone()
    } else {
        folder.path().join("bindings.ts")
    };
    kvit_app::bindings()
        .export(Typescript::default(), &fresh)
        .unwrap();
    let (kept, fresh) = (
        std::fs::read_to_string(&kept).unwrap(),
        std::fs::read_to_string(&fresh).unwrap(),
    );
    assert!(
        kept == fresh,
        "ui/src/ipc/bindings.ts is not what the commands say: run `cargo xtask bindings`"
    );
}
