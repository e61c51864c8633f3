//! What people's words leave behind.

use crate::books::Books;

/// Every message is in one conversation and of one of its two parties; feedback counts once.
pub(super) fn check_talk(books: &Books) {
    let mut lines = 0;
    for talk in books.conversations.values() {
        assert_ne!(talk.seller, talk.buyer);
        assert!(!talk.messages.is_empty() && talk.messages.is_sorted_by(|a, b| a < b));
        lines += talk.messages.len();
        for id in &talk.messages {
            assert!(talk.is_party(books.messages.get(*id).unwrap().owner));
        }
        let same = books.conversations.values();
        let same = same.filter(|other| other.parent == talk.parent && other.buyer == talk.buyer);
        assert_eq!(same.count(), 1);
    }
    assert_eq!(lines, books.messages.values().count());
    for user in books.users.values() {
        let about = |deals: bool, praise: bool| {
            let all = books.feedback_about(user.id, deals, 0, 99).unwrap().into_iter();
            u32::try_from(all.filter(|said| said.positive || !praise).count()).unwrap()
        };
        let past = &user.standing;
        assert_eq!(
            (past.invoices_judged, past.invoices_praised),
            (about(false, false), about(false, true))
        );
        assert_eq!(
            (past.deals_judged, past.deals_praised),
            (about(true, false), about(true, true))
        );
    }
}
