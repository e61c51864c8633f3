//! System notifications: news of the marketplace beyond the window, with as much in them as the person allows.
//!
//! A notification may stand on a locked screen and stay in the desktop's history, so by default it says who and what,
//! and neither words nor amounts. What comes in a rush is gathered; while the window has the focus nothing is shown, the
//! page announces it itself. A click brings the window and opens the place.

mod words;

use std::time::Duration;

use kvit_domain::news::News;
use kvit_engine::Language;
use tauri::{AppHandle, Manager, async_runtime};
use tauri_specta::Event;
use tokio::sync::mpsc;

use crate::{App, OpenPlace, show};

use words::Note;

/// News that comes within this time makes one notification.
const GATHER: Duration = Duration::from_millis(700);

/// News waiting to be shown; what comes beyond them is counted only.
const QUEUE: usize = 256;

/// Where news goes to be shown.
pub(crate) struct Notifier(mpsc::Sender<News>);

impl Notifier {
    /// Shows what it is given, until the app ends.
    pub(crate) fn new(app: AppHandle) -> Self {
        let (news, mut inbox) = mpsc::channel::<News>(QUEUE);
        async_runtime::spawn(async move {
            while let Some(first) = inbox.recv().await {
                tokio::time::sleep(GATHER).await;
                let mut all = vec![first];
                while let Ok(next) = inbox.try_recv() {
                    all.push(next);
                }
                let Some(engine) = app.try_state::<App>() else {
                    continue;
                };
                if is_looked_at(&app) {
                    continue;
                }
                let settings = engine.state().settings;
                let note = words::note(&all, settings.notifications, is_russian(&app));
                let app = app.clone();
                // The desktop's answer is waited for on a thread of its own: it comes when the person clicks, or never.
                std::thread::spawn(move || put_up(&app, &note));
            }
        });
        Self(news)
    }

    /// Shows one more.
    pub(crate) fn tell(&self, news: &News) {
        if self.0.try_send(news.clone()).is_err() {
            tracing::info!("too much news at once for a notification; the list has it");
        }
    }
}

/// The window is there and has the focus: the page announces what comes.
fn is_looked_at(app: &AppHandle) -> bool {
    app.get_webview_window("main")
        .and_then(|window| window.is_focused().ok())
        .unwrap_or(false)
}

/// The language of the screens; where it follows the system, that of the system.
pub(crate) fn is_russian(app: &AppHandle) -> bool {
    match app
        .try_state::<App>()
        .map(|engine| engine.state().settings.language)
    {
        Some(Language::Ru) => true,
        Some(Language::En) => false,
        Some(Language::System) | None => ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            .is_some_and(|value| value.to_ascii_lowercase().starts_with("ru")),
    }
}

#[cfg(target_os = "linux")]
fn put_up(app: &AppHandle, note: &Note) {
    let put = notify_rust::Notification::new()
        .appname("Kvit")
        .icon("kvit")
        .summary(&note.title)
        .body(&escaped(&note.body))
        .action("default", &note.open)
        .show();
    match put {
        Ok(shown) => shown.wait_for_action(|action| {
            if action == "default" {
                open(app, note);
            }
        }),
        // A desktop without notifications: the bell in the window has it all.
        Err(error) => tracing::info!(%error, "no notification"),
    }
}

#[cfg(not(target_os = "linux"))]
fn put_up(_app: &AppHandle, note: &Note) {
    let put = notify_rust::Notification::new()
        .appname("Kvit")
        .summary(&note.title)
        .body(&note.body)
        .show();
    if let Err(error) = put {
        tracing::info!(%error, "no notification");
    }
}

/// The body of a notification is markup on Linux (Desktop Notifications Specification, "Markup"): a stranger's name is
/// text.
#[cfg(target_os = "linux")]
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn open(app: &AppHandle, note: &Note) {
    show(app);
    let place = OpenPlace {
        route: note.route.clone(),
    };
    if let Err(error) = place.emit(app) {
        tracing::warn!(%error, "the page was not asked to open it");
    }
}
