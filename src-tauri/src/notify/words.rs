//! What notifications say, in both languages. The screens have their own words; these stand outside of the window.

use kvit_domain::{
    message::Talk,
    news::{News, NewsKind},
};
use kvit_engine::Notifications;

/// Longest name, in characters.
const NAME: usize = 40;
/// Longest part of a message, in characters.
const WORDS: usize = 120;

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) title: String,
    pub(super) body: String,
    /// What a click is called.
    pub(super) open: String,
    /// Where a click leads.
    pub(super) route: String,
}

/// One notification for all of it. Never called with nothing.
pub(super) fn note(news: &[News], level: Notifications, russian: bool) -> Note {
    let open = if russian { "Открыть" } else { "Open" }.to_owned();
    match news {
        [one] if level != Notifications::Nothing => Note {
            title: title(one.kind, russian).to_owned(),
            body: body(one, level, russian),
            open,
            route: route(one),
        },
        _ => Note {
            title: "Kvit".to_owned(),
            body: count(news.len(), russian),
            open,
            route: match news {
                [one] => route(one),
                _ => "/".to_owned(),
            },
        },
    }
}

fn count(number: usize, russian: bool) -> String {
    if !russian {
        return match number {
            1 => "Something new".to_owned(),
            _ => format!("{number} new events"),
        };
    }
    let (tens, ones) = (number % 100, number % 10);
    match number {
        1 => "Есть новое".to_owned(),
        _ if ones == 1 && tens != 11 => format!("{number} новое событие"),
        _ if (2..=4).contains(&ones) && !(12..=14).contains(&tens) => format!("{number} новых события"),
        _ => format!("{number} новых событий"),
    }
}

fn title(kind: NewsKind, russian: bool) -> &'static str {
    let (en, ru) = match kind {
        NewsKind::DealChanged => ("Deal changed", "Сделка изменилась"),
        NewsKind::FiatDeclared => ("Counterparty says: paid", "Контрагент сообщает: оплачено"),
        NewsKind::DealCompleted => ("Deal completed", "Сделка завершена"),
        NewsKind::DealCanceled => ("Deal canceled", "Сделка отменена"),
        NewsKind::DealDisputed => ("Dispute opened", "Открыт спор"),
        NewsKind::DealMessage => ("Message in a deal", "Сообщение в сделке"),
        NewsKind::InvoiceIssued => ("New invoice for you", "Вам выставлен счёт"),
        NewsKind::InvoiceWithdrawn => ("Invoice withdrawn", "Счёт отозван"),
        NewsKind::PaymentReceived => ("Payment received", "Получен платёж"),
        NewsKind::ConversationMessage => ("New message", "Новое сообщение"),
        NewsKind::Other => ("News of the marketplace", "Новости площадки"),
    };
    if russian { ru } else { en }
}

fn body(news: &News, level: Notifications, russian: bool) -> String {
    let mut parts = Vec::new();
    let person = tame(&news.person, NAME);
    if !person.is_empty() {
        parts.push(person);
    }
    let number = |en: &str, ru: &str, number: String| format!("{} {number}", if russian { ru } else { en });
    if let Some(deal) = news.deal {
        parts.push(number("deal", "сделка", deal.to_string()));
    } else if let Some(payment) = news.payment {
        parts.push(number("payment", "платёж", payment.to_string()));
    } else if let Some(invoice) = news.invoice {
        parts.push(number("invoice", "счёт", invoice.to_string()));
    }
    let mut body = parts.join(", ");
    if level == Notifications::Everything {
        if let Some(fiat) = news.fiat {
            body = format!("{body}: {} {}", fiat.amount_text(), fiat.currency());
        } else if let Some(amount) = news.amount {
            body = format!("{body}: {} BTC", amount.to_btc());
        }
        let words = tame(&news.words, WORDS);
        if !words.is_empty() {
            body = format!("{body}\n{words}");
        }
    }
    body
}

/// A stranger's text outside of the window: one line, without characters that turn or hide what stands beside them.
fn tame(text: &str, most: usize) -> String {
    let visible = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let kept: String = visible.filter(|c| !is_hidden(*c)).collect();
    let words = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= most {
        return words;
    }
    let mut cut: String = words.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Controls, and what Unicode calls format characters that a line can do without: direction marks, embeddings and isolates,
/// zero-width ones, the byte-order mark, tags.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            u32::from(c),
            0x00AD | 0x061C | 0x180E | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xE0000..=0xE007F
        )
}

/// The page's address of what it is about.
fn route(news: &News) -> String {
    if let Some(talk) = news.talk {
        return format!("/talks/{talk}");
    }
    match (news.kind, news.deal, news.payment, news.invoice) {
        (NewsKind::DealMessage, Some(deal), ..) => format!("/talks/{}", Talk::Deal(deal)),
        (_, Some(deal), ..) => format!("/deals/{deal}"),
        (_, None, Some(payment), _) => format!("/payments/{payment}"),
        (NewsKind::InvoiceIssued, None, None, Some(invoice)) => format!("/pay/{invoice}"),
        _ => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvit_domain::{
        Timestamp,
        id::{EventId, PaymentId},
        money::Sats,
    };

    fn message() -> News {
        let payment = PaymentId::new(1207).unwrap();
        News {
            event: EventId::new(1).unwrap(),
            at: Timestamp::UNIX_EPOCH,
            kind: NewsKind::ConversationMessage,
            payment: Some(payment),
            deal: None,
            invoice: None,
            talk: Some(Talk::Payment(payment)),
            person: "pixel-forge".to_owned(),
            words: "the locker is number 14".to_owned(),
            amount: Sats::new(37_500).ok(),
            fiat: None,
        }
    }

    #[test]
    fn each_level_shows_what_it_may_and_no_more() {
        for russian in [false, true] {
            let all = |level| format!("{:?}", note(&[message()], level, russian));
            let nothing = all(Notifications::Nothing);
            assert!(!nothing.contains("pixel-forge") && !nothing.contains("locker"));
            let who = all(Notifications::Who);
            assert!(who.contains("pixel-forge") && !who.contains("locker") && !who.contains("0.00037500"));
            let everything = all(Notifications::Everything);
            assert!(everything.contains("locker") && everything.contains("0.00037500"));
        }
    }

    #[test]
    fn a_click_leads_to_the_place() {
        let note = note(&[message()], Notifications::Nothing, false);
        assert_eq!(note.route, "/talks/payment/1207");
    }

    #[test]
    fn a_rush_is_counted() {
        let many = vec![message(); 3];
        let note = note(&many, Notifications::Everything, true);
        assert_eq!(note.body, "3 новых события");
        assert!(!note.body.contains("pixel"));
        assert_eq!(count(11, true), "11 новых событий");
        assert_eq!(count(21, true), "21 новое событие");
    }

    #[test]
    fn a_name_cannot_turn_the_line_or_fill_the_screen() {
        let name = format!("shop\u{202E}{}\n\u{200B}x", "a".repeat(500));
        let tamed = tame(&name, NAME);
        assert_eq!(tamed.chars().count(), NAME);
        assert!(tamed.starts_with("shopaaa") && !tamed.contains('\u{202E}'));
    }
}
