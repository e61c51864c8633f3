//! Checks the shell's configuration and embeds it.

fn main() {
    tauri_build::build();
}
