//! The window shows the app and nothing else: whatever would lead the page elsewhere is stopped here, even if a
//! stranger's text should ever become a link.

use tauri::{Url, Wry, plugin};

/// Stops every navigation away from the app's own page.
pub(crate) fn walls() -> plugin::TauriPlugin<Wry> {
    plugin::Builder::new("walls")
        .on_navigation(|_, url| {
            let own = is_own(url);
            if !own {
                // The address is a stranger's: not even the log needs it whole.
                tracing::warn!(scheme = url.scheme(), "navigation stopped");
            }
            own
        })
        .build()
}

/// Is it the app's own page? Windows and Android serve it under `http(s)://tauri.localhost`, the others under
/// `tauri://localhost`; while developing, Vite does. Elsewhere, or with a port, the former is whatever program of
/// this computer listens there.
fn is_own(url: &Url) -> bool {
    match (url.scheme(), url.host_str()) {
        ("about", _) => url.path() == "blank",
        ("tauri", Some("localhost")) => true,
        ("http" | "https", Some("tauri.localhost")) => {
            cfg!(any(windows, target_os = "android")) && url.port().is_none()
        }
        ("http", Some("localhost")) => cfg!(not(feature = "custom-protocol")) && url.port() == Some(5173),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_app_itself_is_shown() {
        let own = |text: &str| is_own(&text.parse().unwrap());
        for address in [
            "tauri://localhost/",
            "tauri://localhost/index.html#/pay",
            "about:blank",
        ] {
            assert!(own(address), "{address}");
        }
        for address in [
            "https://example.org/",
            "https://tauri.localhost.example.org/",
            "tauri://evil/",
            "http://localhost:8080/",
            "http://tauri.localhost:8080/",
            "file:///etc/passwd",
            "data:text/html,hi",
            "javascript:alert(1)",
            "about:srcdoc",
        ] {
            assert!(!own(address), "{address}");
        }
        assert_eq!(
            own("http://tauri.localhost/"),
            cfg!(any(windows, target_os = "android"))
        );
    }
}
