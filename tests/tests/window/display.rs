//! The display under a test: a window's title bar and which window is in front, and typing into a dialog of the system,
//! which no WebDriver reaches.

use nix::unistd::Pid;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, EventMask, InputFocus,
    KEY_PRESS_EVENT, KEY_RELEASE_EVENT, Keycode, MapState, StackMode, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use crate::desktop::{Desktop, until};

/// Key symbols of the X protocol (keysymdef.h); those of ASCII characters are their codes.
const RETURN: u32 = 0xff0d;
const SHIFT: u32 = 0xffe1;
const CONTROL: u32 = 0xffe3;

/// Kinds of windows (Extended Window Manager Hints, _NET_WM_WINDOW_TYPE): of an app, and of what it asks.
const WINDOW: &str = "_NET_WM_WINDOW_TYPE_NORMAL";
const DIALOG: &str = "_NET_WM_WINDOW_TYPE_DIALOG";

struct Display {
    connection: RustConnection,
    root: Window,
}

impl Display {
    fn open() -> Self {
        let (connection, screen) =
            x11rb::connect(None).expect("a display (run by `cargo xtask test window`)");
        let root = connection.setup().roots[screen].root;
        Self { connection, root }
    }

    fn atom(&self, name: &str) -> u32 {
        let answer = self.connection.intern_atom(false, name.as_bytes());
        answer.expect("the display").reply().expect("the display").atom
    }

    /// The numbers of a property; none when the window is gone by now.
    fn numbers(&self, window: Window, property: u32, kind: AtomEnum) -> Vec<u32> {
        let answer = self.connection.get_property(false, window, property, kind, 0, 32);
        let reply = answer.ok().and_then(|answer| answer.reply().ok());
        reply
            .and_then(|reply| reply.value32().map(Iterator::collect))
            .unwrap_or_default()
    }

    /// The windows of these processes.
    fn windows(&self, apps: &[Pid]) -> Vec<Window> {
        let pid = self.atom("_NET_WM_PID");
        let tree = self.connection.query_tree(self.root).expect("the display");
        let mut windows = tree.reply().expect("the display").children;
        windows.retain(|window| {
            let owners = self.numbers(*window, pid, AtomEnum::CARDINAL);
            let ours = |owner: &u32| apps.iter().any(|app| u32::try_from(app.as_raw()) == Ok(*owner));
            owners.iter().any(ours)
        });
        windows
    }

    fn is_shown(&self, window: Window) -> bool {
        let answer = self.connection.get_window_attributes(window);
        answer
            .ok()
            .and_then(|answer| answer.reply().ok())
            .is_some_and(|found| found.map_state == MapState::VIEWABLE)
    }

    /// What these processes show of a kind of windows.
    fn shown(&self, apps: &[Pid], kind: &str) -> Vec<Window> {
        let (kinds, kind) = (self.atom("_NET_WM_WINDOW_TYPE"), self.atom(kind));
        let mut windows = self.windows(apps);
        windows.retain(|window| {
            self.numbers(*window, kinds, AtomEnum::ATOM).contains(&kind) && self.is_shown(*window)
        });
        windows
    }

    /// The dialog that these processes show, apart from their windows.
    fn dialog(&self, apps: &[Pid]) -> Option<Window> {
        self.shown(apps, DIALOG).first().copied()
    }

    /// What stands in its title bar.
    fn title(&self, window: Window) -> Option<String> {
        let (name, text) = (self.atom("_NET_WM_NAME"), self.atom("UTF8_STRING"));
        let answer = self.connection.get_property(false, window, name, text, 0, 256);
        let reply = answer.ok()?.reply().ok()?;
        String::from_utf8(reply.value).ok()
    }

    /// From now on keys go to this window.
    fn give_keys(&self, window: Window) {
        self.connection
            .set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)
            .expect("the display")
            .check()
            .expect("the window takes the keys");
    }

    /// The key for a symbol, and whether Shift goes with it.
    fn key(&self, symbol: u32) -> (Keycode, bool) {
        let setup = self.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let answer = self.connection.get_keyboard_mapping(first, last - first + 1);
        let map = answer.expect("the display").reply().expect("the display");
        let per_key = usize::from(map.keysyms_per_keycode);
        for (key, symbols) in (first..=last).zip(map.keysyms.chunks(per_key)) {
            for shift in [false, true] {
                if symbols.get(usize::from(shift)) == Some(&symbol) {
                    return (key, shift);
                }
            }
        }
        panic!("the keyboard has no key for {symbol:#x}")
    }

    fn strike(&self, kind: u8, key: Keycode) {
        self.connection
            .xtest_fake_input(kind, key, x11rb::CURRENT_TIME, self.root, 0, 0, 0)
            .expect("the display")
            .check()
            .expect("a display that takes keys");
    }

    fn press(&self, symbol: u32, held: Option<u32>) {
        let (key, shifted) = self.key(symbol);
        let held = held.or(shifted.then_some(SHIFT)).map(|held| self.key(held).0);
        if let Some(held) = held {
            self.strike(KEY_PRESS_EVENT, held);
        }
        self.strike(KEY_PRESS_EVENT, key);
        self.strike(KEY_RELEASE_EVENT, key);
        if let Some(held) = held {
            self.strike(KEY_RELEASE_EVENT, held);
        }
    }
}

/// Sends the windows of these processes what a title bar sends (ICCCM 4.2.8.1); returns to how many.
pub fn ask_to_close(apps: &[Pid]) -> usize {
    let display = Display::open();
    let (protocols, delete) = (display.atom("WM_PROTOCOLS"), display.atom("WM_DELETE_WINDOW"));
    let mut asked = display.windows(apps);
    asked.retain(|window| {
        display
            .numbers(*window, protocols, AtomEnum::ATOM)
            .contains(&delete)
    });
    for window in &asked {
        let request = ClientMessageEvent::new(32, *window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
        display
            .connection
            .send_event(false, *window, EventMask::NO_EVENT, request)
            .expect("the display")
            // Waited for: a connection that ends takes along what the display has not read yet.
            .check()
            .expect("the window is there");
    }
    asked.len()
}

/// What stands in the title bars of these processes.
pub fn titles(apps: &[Pid]) -> Vec<String> {
    let display = Display::open();
    let windows = display.shown(apps, WINDOW);
    windows.into_iter().filter_map(|one| display.title(one)).collect()
}

/// Brings the window of these processes to the front, as a click on it does.
pub async fn bring_to_front(apps: &[Pid]) {
    let display = Display::open();
    let window = until("the window is shown", async || {
        display.shown(apps, WINDOW).first().copied()
    })
    .await;
    let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
    display
        .connection
        .configure_window(window, &above)
        .expect("the display")
        .check()
        .expect("the window is there");
    display.give_keys(window);
}

/// Answers the system's dialog that asks where to keep a file: types the whole path over the name it suggests.
pub async fn keep_at(desktop: &Desktop, path: &std::path::Path) {
    let display = Display::open();
    let apps = desktop.apps();
    let dialog = until("the dialog is shown", async || display.dialog(&apps)).await;
    display.give_keys(dialog);
    display.press(u32::from(b'a'), Some(CONTROL));
    for byte in path.to_str().expect("a path of ours").bytes() {
        display.press(u32::from(byte), None);
    }
    display.press(RETURN, None);
    until("the dialog is gone", async || {
        display.dialog(&apps).is_none().then_some(())
    })
    .await;
}
