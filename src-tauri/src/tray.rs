//! How many messages are unread, outside of the page: in the window's title and in the tray.
//!
//! The number is the engine's; the page, its list and its rail have the same one. A desktop without a tray goes without.

use std::sync::atomic::{AtomicU32, Ordering};

use tauri::{
    AppHandle, Manager,
    menu::{Menu, MenuItem},
    tray::{TrayIcon, TrayIconBuilder},
};

use crate::{App, show};

const ID: &str = "kvit";
const OPEN: &str = "open";
const QUIT: &str = "quit";

/// The number as it is shown now.
#[derive(Default)]
pub(crate) struct Unread(AtomicU32);

/// Puts the icon into the tray, if there is one.
pub(crate) fn put_up(app: &AppHandle) {
    if !can_have_a_tray() {
        tracing::info!("no tray on this desktop");
        return;
    }
    if let Err(error) = build(app) {
        tracing::info!(%error, "no tray on this desktop");
    }
}

fn build(app: &AppHandle) -> tauri::Result<TrayIcon> {
    let russian = crate::notify::is_russian(app);
    let words = |en: &'static str, ru: &'static str| if russian { ru } else { en };
    let open = MenuItem::with_id(app, OPEN, words("Open Kvit", "Открыть Квит"), true, None::<&str>)?;
    let quit = MenuItem::with_id(app, QUIT, words("Quit", "Выйти"), true, None::<&str>)?;
    let mut tray = TrayIconBuilder::with_id(ID)
        .tooltip("Kvit")
        .menu(&Menu::with_items(app, &[&open, &quit])?)
        .on_menu_event(|app, event| match event.id().as_ref() {
            OPEN => show(app),
            // The same way as closing the window: what is on its way is asked about first.
            QUIT => {
                if let Some(window) = app.get_webview_window("main")
                    && let Err(error) = window.close()
                {
                    tracing::warn!(%error, "the window does not close");
                }
            }
            _ => {}
        });
    if let Some(icon) = app.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.build(app)
}

/// The library that puts icons into trays on Linux is loaded at run time, and its absence would end the app.
#[cfg(target_os = "linux")]
fn can_have_a_tray() -> bool {
    const NAMES: [&str; 2] = ["libayatana-appindicator3.so.1", "libappindicator3.so.1"];
    const FOLDERS: [&str; 4] = [
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib64",
        "/usr/lib",
    ];
    FOLDERS.iter().any(|folder| {
        NAMES
            .iter()
            .any(|name| std::path::Path::new(folder).join(name).exists())
    })
}

#[cfg(not(target_os = "linux"))]
fn can_have_a_tray() -> bool {
    true
}

/// Shows the number of unread messages, where it is another than before.
pub(crate) fn show_unread(app: &AppHandle) {
    let (Some(engine), Some(shown)) = (app.try_state::<App>(), app.try_state::<Unread>()) else {
        return;
    };
    let unread = engine.state().unread.messages;
    if shown.0.swap(unread, Ordering::Relaxed) == unread {
        return;
    }
    let title = title(unread);
    if let Some(window) = app.get_webview_window("main")
        && let Err(error) = window.set_title(&title)
    {
        tracing::warn!(%error, "the title stays");
    }
    if let Some(tray) = app.tray_by_id(ID) {
        // Where a desktop has no titles in its tray, the tooltip tells.
        let label = (unread > 0).then(|| unread.to_string());
        if let Err(error) = tray
            .set_title(label)
            .and_then(|()| tray.set_tooltip(Some(&title)))
        {
            tracing::info!(%error, "the tray does not tell");
        }
    }
}

fn title(unread: u32) -> String {
    match unread {
        0 => "Kvit".to_owned(),
        number => format!("({number}) Kvit"),
    }
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn the_title_tells_what_is_unread() {
        assert_eq!(title(0), "Kvit");
        assert_eq!(title(3), "(3) Kvit");
    }
}
