//! The shell: a window around the engine. Commands are short; whatever decides anything is in `kvit-engine`.

mod commands;
mod notify;
mod pictures;
mod practice;
mod shell;
mod tray;
mod walls;

use std::{io, process::ExitCode, sync::Arc};

use kvit_engine::{Engine, EngineParts, NetConnector, Pace, export::Tongue};
use kvit_vault::OsVault;
use kvit_view::operation::OperationCard;
use tauri::{Manager, RunEvent, WindowEvent, Wry, async_runtime, ipc::Invoke};
use tauri_specta::Event;

use crate::{practice::EmbeddedPractice, shell::WindowShell};

pub use commands::{Changed, Closing, OpenPlace, bindings};

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
        .register_asynchronous_uri_scheme_protocol(pictures::SCHEME, pictures::serve)
        .invoke_handler(handler(&bindings))
        .setup(move |app| {
            bindings.mount_events(app);
            let shell = WindowShell::new(app.handle().clone());
            let folder = app.path().app_data_dir()?;
            let engine = App::open(EngineParts {
                folder,
                shell,
                vault: Arc::new(OsVault::new()),
                practice: Box::new(EmbeddedPractice::default()),
                connector: Box::new(NetConnector),
                pace: Pace::default(),
            })?;
            app.manage(engine.clone());
            app.manage(tray::Unread::default());
            tray::put_up(app.handle());
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
        .on_window_event(|window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event
                && ask_before_quitting(window.app_handle())
            {
                api.prevent_close();
            }
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|app, event| {
                if let RunEvent::Exit = event {
                    // Stores are closed properly; what is on its way is in the journal.
                    if let Some(engine) = app.try_state::<App>() {
                        async_runtime::block_on(engine.shut());
                    }
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "the window could not be opened");
            ExitCode::FAILURE
        }
    }
}

/// What answers commands.
type InvokeHandler<R> = dyn Fn(Invoke<R>) -> bool + Send + Sync;

/// The typed commands, and the one whose argument is bytes: those do not go through JSON, and have no type there.
fn handler(bindings: &tauri_specta::Builder<Wry>) -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    let typed = bindings.invoke_handler();
    let bytes: Box<InvokeHandler<Wry>> = Box::new(tauri::generate_handler![commands::pictures::add_picture]);
    move |invoke: Invoke<Wry>| {
        if invoke.message.command() == "add_picture" {
            bytes(invoke)
        } else {
            typed(invoke)
        }
    }
}

/// Where operations are not settled, the page asks before the app quits; `true`: it was asked to.
fn ask_before_quitting(app: &tauri::AppHandle) -> bool {
    let Some(engine) = app.try_state::<App>() else {
        return false;
    };
    let unsettled = engine.unsettled();
    if unsettled.is_empty() {
        return false;
    }
    let closing = Closing {
        operations: unsettled.iter().map(OperationCard::from).collect(),
    };
    match closing.emit(app) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "the page was not asked");
            false
        }
    }
}

/// A second start shows the window that is there.
pub(crate) fn show(app: &tauri::AppHandle) {
    if let Some(window) = app.get_webview_window("main")
        && let Err(error) = window
            .unminimize()
            .and_then(|()| window.show())
            .and_then(|()| window.set_focus())
    {
        tracing::warn!(%error, "the window could not be shown");
    }
}

/// The language of what the shell writes into files and onto the desktop.
pub(crate) fn tongue(app: &tauri::AppHandle) -> Tongue {
    if notify::is_russian(app) {
        Tongue::Ru
    } else {
        Tongue::En
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
