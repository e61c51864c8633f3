//! The window of the app as a test sees and uses it.
//!
//! What is looked for is named by its test id, or by a CSS selector where there is none. Clicks and keys are real ones
//! of the driver: what is covered, hidden or disabled cannot be used.

use fantoccini::error::CmdError;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use kvit_sandbox::{Endpoint, Sandbox};
use serde_json::{Value, json};

use crate::desktop::{Desktop, Program, app, seen};

/// An open window. Dropping it ends the app.
pub struct Window {
    client: Client,
    _driver: Program,
}

/// Where a token is to be kept, and with it what Kvit knows of the account.
#[derive(Debug, Clone, Copy)]
pub enum Keep {
    /// The token and the key of the file in the keychain.
    Keychain,
    /// Everything in memory, until the app ends.
    Session,
    /// The token in memory, the rest in a file under this passphrase.
    Passphrase(&'static str),
}

impl Keep {
    /// Test id of the choice.
    pub const fn choice(self) -> &'static str {
        match self {
            Self::Keychain => "connect-keep-keychain",
            Self::Session | Self::Passphrase(_) => "connect-keep-session",
        }
    }
}

/// The languages of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Russian,
}

impl Language {
    pub const BOTH: [Self; 2] = [Self::English, Self::Russian];

    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
        }
    }

    /// The sentence is in this language.
    #[track_caller]
    pub fn is_of(self, sentence: &str) {
        let cyrillic = sentence.chars().any(|c| ('\u{0400}'..='\u{04ff}').contains(&c));
        assert_eq!(cyrillic, self == Self::Russian, "{self:?}: {sentence}");
    }
}

fn css(what: &str) -> String {
    if what.contains(['[', '.', '#', ' ']) {
        what.to_owned()
    } else {
        format!("[data-testid='{what}']")
    }
}

impl Window {
    /// Opens the app on this desktop.
    pub async fn open(desktop: &Desktop) -> Self {
        Self::open_with(desktop, &[]).await
    }

    /// Opens the app with arguments.
    pub async fn open_with(desktop: &Desktop, arguments: &[&str]) -> Self {
        let (driver, address) = desktop.driver().await;
        let capabilities = json!({
            "browserName": "wry",
            "tauri:options": { "application": app(), "args": arguments },
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("an object was written above")
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&address)
            .await
            .expect("the app opens");
        let window = Self {
            client,
            _driver: driver,
        };
        window.see("main").await;
        window
    }

    /// Runs a script in the page: `arguments[0]` is the selector of `what`, then `more`.
    async fn ask(&self, script: &str, what: &str, more: &[&str]) -> Result<Value, CmdError> {
        let mut arguments = vec![json!(if what == "main" {
            what.to_owned()
        } else {
            css(what)
        })];
        arguments.extend(more.iter().map(|one| json!(one)));
        self.client.execute(script, arguments).await
    }

    /// Waits until the script returns something, and returns it.
    async fn answer(&self, wish: &str, script: &str, what: &str, more: &[&str]) -> Value {
        let look = async || match self.ask(script, what, more).await {
            Ok(Value::Null) | Err(_) => None,
            Ok(value) => Some(value),
        };
        match seen(look).await {
            Some(value) => value,
            None => panic!("in vain: {what} {wish}. The page:\n{}", self.page().await),
        }
    }

    /// What is on the page, for a person.
    async fn page(&self) -> String {
        let script = "return location.hash + '\\n' + document.body.innerText";
        match self.client.execute(script, Vec::new()).await {
            Ok(Value::String(text)) => text,
            other => format!("{other:?}"),
        }
    }

    /// Waits until it is shown.
    pub async fn see(&self, what: &str) {
        let script = "return document.querySelector(arguments[0])?.checkVisibility() ? true : null";
        self.answer("is shown", script, what, &[]).await;
    }

    /// Waits until it is not there any more.
    pub async fn see_gone(&self, what: &str) {
        let script = "return document.querySelector(arguments[0]) === null ? true : null";
        self.answer("is gone", script, what, &[]).await;
    }

    /// Whether it is there now.
    pub async fn has(&self, what: &str) -> bool {
        let script = "return document.querySelector(arguments[0]) !== null";
        self.ask(script, what, &[]).await.expect("the page answers") == Value::Bool(true)
    }

    /// Waits until its text holds `part`.
    pub async fn see_text(&self, what: &str, part: &str) {
        let script =
            "return document.querySelector(arguments[0])?.textContent.includes(arguments[1]) ? true : null";
        self.answer(&format!("says \"{part}\""), script, what, &[part])
            .await;
    }

    /// Its text, blanks made single.
    pub async fn text(&self, what: &str) -> String {
        let script =
            "return document.querySelector(arguments[0])?.textContent.replace(/\\s+/g, ' ').trim() || null";
        self.string("has a text", script, what, &[]).await
    }

    /// Waits until its text is another one than this.
    pub async fn see_changed(&self, what: &str, text: &str) {
        let script =
            "const now = document.querySelector(arguments[0])?.textContent.replace(/\\s+/g, ' ').trim();
            return now && now !== arguments[1] ? true : null";
        self.answer(&format!("says no longer \"{text}\""), script, what, &[text])
            .await;
    }

    /// The title of the page.
    pub async fn title(&self) -> String {
        self.client.title().await.expect("the page answers")
    }

    /// Waits until the text of one of them holds `part`.
    pub async fn see_one_with(&self, what: &str, part: &str) {
        let script = "return [...document.querySelectorAll(arguments[0])]
            .some((one) => one.textContent.includes(arguments[1])) ? true : null";
        self.answer(&format!("says \"{part}\" in one place"), script, what, &[part])
            .await;
    }

    /// Waits until a picture is drawn; the width and height of the picture itself, in pixels.
    pub async fn drawn(&self, picture: &str) -> (u64, u64) {
        let script = "const picture = document.querySelector(arguments[0]);
            return picture?.checkVisibility() && picture.complete && picture.naturalWidth > 0
                ? [picture.naturalWidth, picture.naturalHeight] : null";
        let size = self.answer("is drawn", script, picture, &[]).await;
        serde_json::from_value(size).expect("a width and a height")
    }

    /// The texts of all of them, as they are now.
    pub async fn texts(&self, what: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])]
            .map((one) => one.textContent.replace(/\\s+/g, ' ').trim())";
        let value = self.ask(script, what, &[]).await.expect("the page answers");
        serde_json::from_value(value).expect("texts")
    }

    /// An attribute of it.
    pub async fn attribute(&self, what: &str, name: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? null";
        self.string("has the attribute", script, what, &[name]).await
    }

    /// The satoshi of an amount on screen.
    pub async fn sats(&self, what: &str) -> i64 {
        let text = self.attribute(what, "data-sats").await;
        text.parse()
            .unwrap_or_else(|_| panic!("{what} is no amount: {text}"))
    }

    /// What stands in a field.
    pub async fn value(&self, field: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.value ?? null";
        self.string("has a value", script, field, &[]).await
    }

    /// What is said to be wrong with the content of a field.
    pub async fn complaint(&self, field: &str) -> String {
        let script = "const field = document.querySelector(arguments[0]);
            if (field?.getAttribute('aria-invalid') !== 'true') return null;
            const said = field.getAttribute('aria-describedby')?.split(' ').at(-1);
            return document.getElementById(said)?.textContent.trim() || null";
        self.string("complains", script, field, &[]).await
    }

    async fn string(&self, wish: &str, script: &str, what: &str, more: &[&str]) -> String {
        match self.answer(wish, script, what, more).await {
            Value::String(text) => text,
            other => panic!("{what}: {other} is no text"),
        }
    }

    /// Clicks it, once it can be clicked.
    pub async fn click(&self, what: &str) {
        self.see(what).await;
        let selector = css(what);
        let clicked = async || {
            let element = self.client.find(Locator::Css(&selector)).await.ok()?;
            // Animations and banners may cover it for a moment.
            if !element.is_enabled().await.ok()? {
                return None;
            }
            element.click().await.ok()
        };
        if seen(clicked).await.is_none() {
            panic!("in vain: {what} can be clicked. The page:\n{}", self.page().await);
        }
    }

    /// Opens what is folded away.
    pub async fn unfold(&self, what: &str) {
        self.click(&format!("{} summary", css(what))).await;
    }

    /// Replaces what stands in a field by typing.
    pub async fn fill(&self, field: &str, text: &str) {
        self.see(field).await;
        let script = "const field = document.querySelector(arguments[0]);
            field.focus();
            field.select();
            document.execCommand('delete');
            return field.value === '' ? true : null";
        self.answer("is emptied", script, field, &[]).await;
        if !text.is_empty() {
            let element = self
                .client
                .find(Locator::Css(&css(field)))
                .await
                .expect("a field");
            element.send_keys(text).await.expect("the field takes keys");
        }
        assert_eq!(self.value(field).await, text, "{field} keeps what was typed");
    }

    /// Replaces what stands in a field by pasting: long texts are not typed.
    pub async fn paste(&self, field: &str, text: &str) {
        self.see(field).await;
        let script = "const field = document.querySelector(arguments[0]);
            field.focus();
            field.select();
            return document.execCommand('insertText', false, arguments[1]) ? true : null";
        self.answer("takes a paste", script, field, &[text]).await;
    }

    /// Presses keys wherever the focus is.
    pub async fn press(&self, keys: &str) {
        let element = self.client.active_element().await.expect("a focus");
        element.send_keys(keys).await.expect("the page takes keys");
    }

    /// Closes what lies over the page.
    pub async fn escape(&self) {
        self.press(&char::from(Key::Escape).to_string()).await;
    }

    /// Writes a message where it is shown, and sends it.
    pub async fn write(&self, text: &str) {
        self.fill("talk-input", text).await;
        self.press(&char::from(Key::Enter).to_string()).await;
        self.see_one_with(
            "[data-testid='talk-line'][data-author='me'][data-state='sent']",
            text,
        )
        .await;
    }

    /// Pastes a picture of this size into a field, as a picture of the screen is pasted.
    pub async fn paste_picture(&self, field: &str, name: &str, (width, height): (u32, u32)) {
        self.see(field).await;
        let script = "const [field, name, width, height, done] = arguments;
            const canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [width, height];
            const context = canvas.getContext('2d');
            for (let at = 0; at < width; at += 10) {
                context.fillStyle = `hsl(${at % 360} 70% 50%)`;
                context.fillRect(at, 0, 10, height - at % height);
            }
            canvas.toBlob((blob) => {
                const data = new DataTransfer();
                data.items.add(new File([blob], name, { type: blob.type }));
                const paste = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
                // Whoever takes it keeps it from being pasted as text.
                done(!document.querySelector(field).dispatchEvent(paste));
            }, 'image/png')";
        let arguments = vec![json!(css(field)), json!(name), json!(width), json!(height)];
        let taken = self.client.execute_async(script, arguments).await;
        assert_eq!(
            taken.expect("the page makes a picture"),
            Value::Bool(true),
            "{field} takes it"
        );
    }

    /// Types into a list that can be searched, and takes what it then offers first.
    pub async fn pick(&self, list: &str, text: &str) {
        self.fill(list, text).await;
        self.click(".combobox-item").await;
        self.see_gone(".combobox-item").await;
    }

    /// The route of the screen, as `#/payments/12`.
    pub async fn route(&self) -> String {
        let hash = self.client.execute("return location.hash", Vec::new()).await;
        hash.expect("the page answers")
            .as_str()
            .expect("a text")
            .to_owned()
    }

    /// Waits until every payment of the list is drawn; the list of these tests is short enough.
    pub async fn see_whole_list(&self) {
        let script = "const rows = document.querySelectorAll(arguments[0]);
            return rows.length > 0 && rows.length === Number(rows[0].getAttribute('aria-setsize')) ? true : null";
        self.answer("is drawn in full", script, "payment-row", &[]).await;
    }

    /// Chooses the language of the screens in the settings.
    pub async fn speak(&self, language: Language) {
        self.click("rail-settings").await;
        self.click(&format!(
            "label:has([data-testid='settings-language-{}'])",
            language.code()
        ))
        .await;
        self.see(&format!("html[lang='{}']", language.code())).await;
    }

    /// Starts practising from the first screen; returns when the payments are there.
    pub async fn practise(&self) {
        self.click("welcome-practise").await;
        self.see_whole_list().await;
        self.see("[data-testid='connection'][data-state='connected']")
            .await;
    }

    /// Connects to a marketplace from the connecting screen, with everything pinned.
    pub async fn connect(&self, market: &Sandbox, endpoint: &Endpoint, keep: Keep) {
        self.connect_as(&market.token(), market, endpoint, keep).await;
    }

    /// Connects as the person whose token this is.
    pub async fn connect_as(&self, token: &str, market: &Sandbox, endpoint: &Endpoint, keep: Keep) {
        self.fill("connect-address", &endpoint.address).await;
        self.fill("connect-pin-field", &endpoint.certificate_sha256).await;
        self.fill("connect-token", token).await;
        self.keep(keep).await;
        self.confirm_key(&market.public_key()).await;
        self.click("connect-submit").await;
        self.see("[data-testid='connection'][data-state='connected']")
            .await;
    }

    /// Chooses on the connecting screen where things are kept.
    pub async fn keep(&self, keep: Keep) {
        self.click(keep.choice()).await;
        match keep {
            Keep::Keychain => {}
            Keep::Session => self.click("connect-store-memory").await,
            Keep::Passphrase(passphrase) => {
                self.click("connect-store-passphrase").await;
                for field in ["connect-passphrase", "connect-passphrase-again"] {
                    self.fill(field, passphrase).await;
                }
            }
        }
    }

    /// Pastes the marketplace's key and confirms its fingerprint by its last groups.
    pub async fn confirm_key(&self, key: &str) {
        self.paste("connect-key", key).await;
        let shown = self.text("connect-fingerprint").await;
        let groups: Vec<&str> = shown.split(' ').collect();
        assert_eq!(groups.len(), 10, "{shown}");
        self.fill("connect-groups", &groups[8..].join(" ")).await;
        self.see("connect-confirmed").await;
    }

    /// Opens an invoice on the paying screen by its number.
    pub async fn find_invoice(&self, number: &str) {
        self.click("rail-pay").await;
        self.fill("pay-invoice-input", number).await;
        self.click("pay-find").await;
    }

    /// Pays an invoice from balance and returns as soon as the screen says that it is paid: the number of the payment.
    pub async fn pay(&self, invoice: &str) -> String {
        self.find_invoice(invoice).await;
        self.pay_from_balance().await;
        self.attribute("payment-detail", "data-id").await
    }

    /// Pays what the paying screen shows from balance.
    pub async fn pay_from_balance(&self) {
        self.click("pay-from-balance").await;
        self.click("pay-confirm").await;
        self.see("[data-testid='payment-detail'][data-status='paid']")
            .await;
    }

    /// Waits until so much is available.
    pub async fn see_available(&self, sats: i64) {
        self.see(&format!("[data-testid='money-available'][data-sats='{sats}']"))
            .await;
    }

    /// Waits until the connection is as named.
    pub async fn see_connection(&self, state: &str) {
        self.see(&format!("[data-testid='connection'][data-state='{state}']"))
            .await;
    }

    /// Opens the journal of operations.
    pub async fn operations(&self) {
        self.click("rail-pay").await;
        self.click("tab-operations").await;
    }

    /// Presses Ctrl and a letter in a field.
    pub async fn chord(&self, field: &str, letter: char) {
        let element = self
            .client
            .find(Locator::Css(&css(field)))
            .await
            .expect("a field");
        let keys = format!("{}{letter}{}", char::from(Key::Control), char::from(Key::Null));
        element.send_keys(&keys).await.expect("the field takes keys");
    }

    /// What stands on the page in Latin letters only, quoted texts and names of things aside: on a Russian screen there
    /// is nothing.
    pub async fn not_russian(&self) -> Vec<String> {
        let script = "const own = /Kvit|BTC|TLS|CSV|JSON|OpenPGP|SOCKS5|English/g;
            return [...document.querySelectorAll('h1,h2,h3,p,li,button,label,legend,caption,th,dt,nav a')]
                .filter((one) => one.checkVisibility())
                .map((one) => {
                    const copy = one.cloneNode(true);
                    copy.querySelectorAll('code,bdi,time,.mono,.num').forEach((part) => part.remove());
                    return copy.textContent.replace(own, '').replace(/\\s+/g, ' ').trim();
                })
                .filter((text) => /[A-Za-z]{3}/.test(text) && !/[\\u0400-\\u04ff]/.test(text))";
        let value = self.ask(script, "main", &[]).await.expect("the page answers");
        serde_json::from_value(value).expect("texts")
    }

    /// A picture of the page, as PNG.
    pub async fn picture(&self) -> Vec<u8> {
        // What the driver sees right after a change may be the frame before it.
        let settled = "const done = arguments[arguments.length - 1];
            document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 500))))";
        self.client
            .execute_async(settled, Vec::new())
            .await
            .expect("the page settles");
        self.client.screenshot().await.expect("a picture")
    }

    /// Runs a script that calls its last argument when it is done.
    pub async fn run(&self, script: &str) -> Value {
        self.client
            .execute_async(script, Vec::new())
            .await
            .expect("the page runs the script")
    }
}
