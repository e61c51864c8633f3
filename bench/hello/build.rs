//! Compiles the configuration of the window.

fn main() {
    tauri_build::build();
}
