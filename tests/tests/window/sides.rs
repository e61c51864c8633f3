//! What two people have to do with each other, seen from both sides: each has a desktop, an account and a window, and the
//! marketplace is between them.

use kvit_sandbox::{Endpoint, NewInvoice, Options, People, Sandbox, Sats};

use crate::desktop::Desktop;
use crate::kept::{carried_out, paid};
use crate::pay::every_signed_field_is_the_same;
use crate::window::{Keep, Window};

/// Who buys.
const BUYER: &str = "lena.v";
/// What the buyer has at first, in satoshi.
const PURSE: i64 = 1_000_000;
/// What a piece costs, in satoshi.
const PRICE: i64 = 10_000;

const SEAL: &str = "[data-testid='payment-detail'] [data-testid='seal'][data-state='verified']";
const THEIRS: &str = "[data-testid='talk-line'][data-author='them']";
/// The number at the conversations in the rail.
const UNREAD: &str = "[data-testid='rail-talks'] .count [aria-hidden]";

/// A person at a window.
struct Side {
    desktop: Desktop,
    window: Window,
}

impl Side {
    async fn of(desktop: Desktop, token: &str, market: &Sandbox, endpoint: &Endpoint) -> Self {
        let window = Window::open(&desktop).await;
        desktop.bring_to_front().await;
        window.click("welcome-connect").await;
        window.connect_as(token, market, endpoint, Keep::Session).await;
        Self { desktop, window }
    }

    /// Waits until so many messages are unread, in the rail as in both titles.
    async fn see_unread(&self, count: u32) {
        let (title, screen) = match count {
            0 => ("Kvit".to_owned(), String::new()),
            _ => (format!("({count}) Kvit"), format!("({count}) ")),
        };
        if count == 0 {
            self.window.see_gone(UNREAD).await;
        } else {
            self.window.see_text(UNREAD, &count.to_string()).await;
        }
        self.desktop.see_title(&title).await;
        let page = self.window.title().await;
        assert!(page.starts_with(&screen), "{page}");
        assert_eq!(page.starts_with('('), count > 0, "{page}");
    }

    /// Goes to the conversation that is on top of the list.
    async fn open_newest_talk(&self) {
        self.window.click("rail-talks").await;
        self.window.click("talk-row").await;
    }

    async fn open_payment(&self, number: &str) {
        self.window.click("rail-payments").await;
        self.window
            .click(&format!("[data-testid='payment-row'][data-id='{number}']"))
            .await;
        self.window
            .see(&format!("[data-testid='payment-detail'][data-id='{number}']"))
            .await;
    }

    /// Says in two steps how the payment in sight went.
    async fn judge(&self, choice: &str, text: &str) {
        let window = &self.window;
        window.click("feedback-give").await;
        window
            .click(&format!("label:has([data-testid='{choice}'])"))
            .await;
        window.fill("feedback-text", text).await;
        window.click("feedback-next").await;
        window.click("feedback-confirm").await;
        window.see_gone("feedback-give").await;
        window
            .see_text("[data-testid='feedback'] [data-testid='feedback-mine']", text)
            .await;
    }
}

/// A marketplace where nobody has talked yet, and something to buy there.
async fn market() -> (Sandbox, Endpoint, String) {
    let market = Sandbox::open(Options {
        people: People::Still,
        surprises: false,
        talk: false,
        ..Options::default()
    })
    .await
    .expect("a marketplace");
    let endpoint = market.serve_tcp().await.expect("the loopback");
    let seller = market.login().expect("the local user");
    let invoice = market
        .issue_invoice(NewInvoice {
            comment: "Honey, 250 g".to_owned(),
            ..NewInvoice::public(&seller, Sats(PRICE))
        })
        .expect("an invoice");
    (market, endpoint, invoice.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_is_asked_about_paid_shown_given_back_and_judged_from_both_sides() {
    let (market, endpoint, invoice) = market().await;
    let token = market.join(BUYER).expect("the buyer");
    market.set_balance(BUYER, Sats(PURSE)).expect("a balance");
    let desktop = Desktop::new().await;
    let other = desktop.beside();
    let seller = Side::of(desktop, &market.token(), &market, &endpoint).await;
    let buyer = Side::of(other, &token, &market, &endpoint).await;
    let had = seller.window.sats("money-available").await;
    buyer.window.see_available(PURSE).await;

    // The buyer asks before buying.
    buyer.desktop.bring_to_front().await;
    buyer.window.find_invoice(&invoice).await;
    buyer.window.click("pay-ask").await;
    buyer.window.write("Is it from this year?").await;
    // What the seller does not look at stays unread.
    seller.see_unread(1).await;
    seller.open_newest_talk().await;
    seller.window.see_one_with(THEIRS, "Is it from this year?").await;
    seller.see_unread(1).await;
    seller.desktop.bring_to_front().await;
    seller.see_unread(0).await;
    seller.window.write("From August.").await;
    buyer.see_unread(1).await;
    buyer.desktop.bring_to_front().await;
    buyer.window.see_one_with(THEIRS, "From August.").await;
    buyer.see_unread(0).await;

    // The buyer pays for three.
    buyer.window.unfold("talk-fold").await;
    buyer.window.click("talk-pay").await;
    buyer.window.see_text("pay-invoice", "Honey, 250 g").await;
    buyer.window.fill("pay-pieces", "3").await;
    buyer
        .window
        .see(&format!("[data-testid='pay-total'][data-sats='{}']", 3 * PRICE))
        .await;
    buyer.window.pay_from_balance().await;
    buyer.window.see(SEAL).await;
    every_signed_field_is_the_same(&buyer.window).await;
    let bought = buyer.window.attribute("payment-detail", "data-id").await;
    buyer.window.see_available(PURSE - 3 * PRICE).await;

    // One came broken, and here is how it looks.
    buyer.window.click("payment-write").await;
    buyer
        .window
        .see(&format!("[data-testid='talk'][data-id='payment/{bought}']"))
        .await;
    buyer
        .window
        .paste_picture("talk-input", "jar.png", (900, 600))
        .await;
    buyer.window.drawn("[data-testid='draft-picture'] img").await;
    buyer.window.write("One jar came broken.").await;
    buyer.window.see_gone("draft-picture").await;
    let sent = "[data-testid='talk-line'][data-author='me'][data-state='sent'] [data-testid='picture'] img";
    buyer.window.drawn(sent).await;
    seller.see_unread(1).await;
    seller.desktop.bring_to_front().await;
    seller
        .window
        .click(&format!("[data-testid='talk-row'][data-id='payment/{bought}']"))
        .await;
    seller.window.see_one_with(THEIRS, "One jar came broken.").await;
    seller.see_unread(0).await;
    seller
        .window
        .drawn(&format!("{THEIRS} [data-testid='picture'] img"))
        .await;
    seller
        .window
        .click(&format!("{THEIRS} [data-testid='picture']"))
        .await;
    seller
        .window
        .see("[data-testid='viewer-stage'][data-whole='true']")
        .await;
    assert_eq!(
        seller.window.drawn("[data-testid='viewer-stage'] img").await,
        (900, 600),
        "the original as it was shown"
    );
    seller.window.escape().await;
    seller.window.see_gone("viewer-stage").await;

    // The seller gives one back.
    seller.window.unfold("talk-fold").await;
    seller.window.click("talk-open-payment").await;
    seller.window.click("refund-start").await;
    seller.window.fill("refund-pieces", "1").await;
    seller.window.click("refund-create").await;
    seller.window.see_text("refund-dialog", BUYER).await;
    seller.window.click("refund-confirm").await;
    seller.window.see("refund-open").await;
    // The buyer sees it coming.
    buyer.desktop.bring_to_front().await;
    buyer.open_payment(&bought).await;
    buyer.window.see("being-given-back").await;
    seller.desktop.bring_to_front().await;
    seller.window.click("refund-pay").await;
    seller.window.see_text("pay-refund", BUYER).await;
    seller.window.pay_from_balance().await;
    seller.window.see("refund-of").await;
    seller.window.see(SEAL).await;
    every_signed_field_is_the_same(&seller.window).await;
    let given = seller.window.attribute("payment-detail", "data-id").await;
    assert_eq!(seller.window.sats("payment-amount").await, -PRICE);
    seller.window.click("[data-testid='refund-of'] a").await;
    let row = format!("[data-testid='given-back-row'][data-id='{given}']");
    seller
        .window
        .see(&format!("{row} [data-testid='seal'][data-state='verified']"))
        .await;
    seller.window.see("refund-sums").await;
    assert_eq!(
        seller.window.texts("[data-testid='refund-sums'] b").await,
        ["3", "1", "0", "2"],
        "bought, given back, being given back, left"
    );

    // It arrives, with a receipt of its own.
    buyer.desktop.bring_to_front().await;
    buyer
        .window
        .see(&format!("{row} [data-testid='seal'][data-state='verified']"))
        .await;
    buyer.window.see_gone("being-given-back").await;
    buyer.window.see_available(PURSE - 2 * PRICE).await;
    buyer.window.click(&format!("{row} a")).await;
    buyer
        .window
        .see(&format!(
            "[data-testid='payment-detail'][data-id='{given}'][data-status='paid']"
        ))
        .await;
    buyer.window.see(SEAL).await;
    every_signed_field_is_the_same(&buyer.window).await;
    assert_eq!(buyer.window.sats("payment-amount").await, PRICE);
    assert!(!buyer.window.has("feedback-give").await, "nobody judges a refund");

    // Both say how it went, and read what the other said.
    buyer.open_payment(&bought).await;
    buyer.judge("feedback-good", "Made good at once.").await;
    seller.desktop.bring_to_front().await;
    let theirs = "[data-testid='feedback'] [data-testid='feedback-theirs']";
    seller.window.see_text(theirs, "Made good at once.").await;
    seller.judge("feedback-bad", "Asks for too much.").await;
    buyer.desktop.bring_to_front().await;
    buyer.window.see_text(theirs, "Asks for too much.").await;
    assert_eq!(buyer.window.attribute(theirs, "data-positive").await, "false");

    // All of it was done, and done once.
    assert_eq!(paid(&market), 2);
    for (call, times) in [
        ("SendInvoiceMessage", 2),
        ("SendInvoicePaymentMessage", 1),
        ("StoreImage", 1),
        ("CreateRefund", 1),
        ("SendInvoicePaymentFeedback", 2),
    ] {
        assert_eq!(carried_out(&market, call), times, "{call}");
    }
    let (now, _) = market
        .balance(&market.login().expect("the seller"))
        .expect("a balance");
    assert!(
        had < now.0 && now.0 <= had + 2 * PRICE,
        "two pieces, less the fee: {had}, {now:?}"
    );
    seller.window.see_available(now.0).await;
    seller.desktop.close_window().await;
    buyer.desktop.close_window().await;
}
