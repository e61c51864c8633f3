//! The window as the engine's shell: what changed is gathered and told the page at most once a frame.

use std::{collections::HashSet, time::Duration};

use kvit_domain::{Timestamp, news::News};
use kvit_engine::{Shell, Topic};
use kvit_view::state;
use tauri::{AppHandle, async_runtime};
use tauri_specta::Event;
use tokio::sync::mpsc;

use crate::{Changed, notify::Notifier, tray};

/// Changes within this time go to the page as one event: two frames. Every event costs the web view memory.
const GATHER: Duration = Duration::from_millis(33);

/// The window.
pub(crate) struct WindowShell {
    changes: mpsc::UnboundedSender<Topic>,
    notifier: Notifier,
}

impl WindowShell {
    /// Forwards changes to the page of this app until the app ends.
    pub(crate) fn new(app: AppHandle) -> Self {
        let (changes, mut inbox) = mpsc::unbounded_channel();
        let notifier = Notifier::new(app.clone());
        async_runtime::spawn(async move {
            while let Some(first) = inbox.recv().await {
                tokio::time::sleep(GATHER).await;
                let mut topics = HashSet::from([first]);
                while let Ok(topic) = inbox.try_recv() {
                    topics.insert(topic);
                }
                if topics.contains(&Topic::App) {
                    tray::show_unread(&app);
                }
                let changed = Changed {
                    topics: topics.iter().map(state::Topic::from).collect(),
                };
                if let Err(error) = changed.emit(&app) {
                    tracing::warn!(%error, "the page was not told");
                }
            }
        });
        Self { changes, notifier }
    }
}

impl Shell for WindowShell {
    fn changed(&self, topics: &[Topic]) {
        for topic in topics {
            // Fails only while the app is closing, when nobody listens any more.
            let _ = self.changes.send(topic.clone());
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn tell(&self, news: &News) {
        tracing::info!(event = %news.event, kind = ?news.kind, "news");
        self.notifier.tell(news);
    }
}
