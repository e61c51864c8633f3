//! The shell: a window around the engine. Commands are short; whatever decides anything is in `kvit-engine`.

mod commands;
mod practice;
mod shell;
mod walls;

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use kvit_engine::{Engine, NetConnector};
use kvit_vault::OsVault;
use tauri::{Manager, async_runtime};

use crate::{practice::EmbeddedPractice, shell::WindowShell};

pub use commands::{Changed, bindings};

/// The engine as this shell runs it.
pub(crate) type App = Engine<WindowShell>;

/// Opens the window and runs until it closes. With `practise` it opens on the practice marketplace.
pub fn start(practise: bool) -> ExitCode {
    start_log();
    let bindings = bindings();
    let built = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| show(app)))
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(walls::walls())
        .invoke_handler(bindings.invoke_handler())
        .setup(move |app| {
            bindings.mount_events(app);
            let shell = WindowShell::new(app.handle().clone());
            let folder = app.path().app_data_dir()?;
            let engine = App::open(
                folder.clone(),
                shell,
                Arc::new(OsVault::new()),
                Box::new(EmbeddedPractice::default()),
                Box::new(NetConnector),
            )?;
            app.manage(OnlyHere::take(&folder)?);
            app.manage(engine.clone());
            async_runtime::spawn(async move {
                if practise && let Err(fault) = engine.start_practice().await {
                    tracing::error!(%fault, "practice did not start");
                } else if !practise {
                    engine.resume().await;
                }
                engine.probe_keychain().await;
            });
            Ok(())
        })
        .run(tauri::generate_context!());
    match built {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the window could not be opened");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the app, taken for this process as long as it lives: two processes would overwrite each other's
/// journal. The plugin for single instances shows the first window instead, but only where there is a session bus.
struct OnlyHere {
    _lock: File,
}

impl OnlyHere {
    /// # Errors
    /// Another process has it, or the lock file cannot be made.
    fn take(folder: &Path) -> io::Result<Self> {
        let lock = File::create(folder.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::other("another Kvit has this folder open"),
            TryLockError::Error(error) => error,
        })?;
        Ok(Self { _lock: lock })
    }
}

/// A second start shows the window that is there.
fn show(app: &tauri::AppHandle) {
    if let Some(window) = app.get_webview_window("main")
        && let Err(error) = window
            .unminimize()
            .and_then(|()| window.show())
            .and_then(|()| window.set_focus())
    {
        tracing::warn!(%error, "the window could not be shown");
    }
}

/// Log to standard error; `RUST_LOG` chooses more. Secrets have types that do not print.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new("warn,kvit_app=info,kvit_engine=info,kvit_client=info")
    });
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .without_time()
        .try_init();
    if let Err(error) = started {
        tracing::warn!(%error, "a log was there already");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_once_and_free_again_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let taken = OnlyHere::take(folder.path()).unwrap();
        assert!(OnlyHere::take(folder.path()).is_err());
        drop(taken);
        assert!(OnlyHere::take(folder.path()).is_ok());
    }
}
