//! The words of the simulated people, in both languages.

/// Why somebody writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// A seller answers before the purchase.
    BeforePurchase,
    /// A seller answers about a purchase.
    AfterPurchase,
    /// A buyer answers.
    BuyerAnswers,
    /// Somebody was shown a picture.
    SawPicture,
    /// A seller gives a piece back.
    GivesBack,
    /// A seller shows what he sent.
    Sent,
    /// A seller asks how it went.
    AllWell,
    /// A buyer complains, and wants a piece back.
    Damaged,
    /// A buyer is pleased.
    Thanks,
    /// A buyer asks before the purchase.
    Question,
}

type Texts = [(&'static str, &'static str); 2];

fn texts(occasion: Occasion) -> Texts {
    match occasion {
        Occasion::BeforePurchase => [
            (
                "Hello! Yes, it is there and can be had at once.",
                "Здравствуйте! Да, есть, можно взять сразу.",
            ),
            (
                "Good question. It is as the description says; ask me anything else.",
                "Хороший вопрос. Всё как в описании; спрашивайте ещё.",
            ),
        ],
        Occasion::AfterPurchase => [
            (
                "Thank you for writing. I look after it today.",
                "Спасибо, что написали. Сегодня же займусь.",
            ),
            (
                "Understood. Tell me if anything is missing.",
                "Понятно. Скажите, если чего-то не хватает.",
            ),
        ],
        Occasion::BuyerAnswers => [
            ("Good to know, thank you.", "Буду знать, спасибо."),
            ("Fine, agreed.", "Хорошо, договорились."),
        ],
        Occasion::SawPicture => [
            ("I see it in the picture, thank you.", "Вижу на снимке, спасибо."),
            (
                "The picture helps. Give me a moment.",
                "Снимок помог. Дайте мне минуту.",
            ),
        ],
        Occasion::GivesBack => [
            (
                "I am sorry. You get one piece back now.",
                "Мне жаль. Возвращаю деньги за одну штуку.",
            ),
            (
                "Of course: the money for one piece is on its way.",
                "Конечно, деньги за одну штуку уже идут к вам.",
            ),
        ],
        Occasion::Sent => [
            (
                "It is packed. This is how it looks.",
                "Упаковано. Вот как выглядит.",
            ),
            (
                "Ready, see the picture. Does the label look right?",
                "Готово, смотрите снимок. На этикетке всё верно?",
            ),
        ],
        Occasion::AllWell => [
            ("Did everything work?", "Всё получилось?"),
            (
                "May I ask how you found me?",
                "Можно спросить, как вы меня нашли?",
            ),
        ],
        Occasion::Damaged => [
            (
                "One piece came damaged, see the picture. Could I have a refund for it?",
                "Одна штука пришла повреждённой, смотрите снимок. Можно вернуть за неё деньги?",
            ),
            (
                "I would like to return one piece. Is a refund possible?",
                "Хочу вернуть одну штуку. Возможен ли возврат?",
            ),
        ],
        Occasion::Thanks => [
            ("All well, thank you!", "Всё хорошо, спасибо!"),
            (
                "Very pleased. Until next time!",
                "Очень доволен. До следующего раза!",
            ),
        ],
        Occasion::Question => [
            ("Hello! Is it still there?", "Здравствуйте! Это ещё есть?"),
            ("How quickly could I have it?", "Как скоро можно получить?"),
        ],
    }
}

/// What somebody writes; `number` picks one of several ways to say it.
pub(super) fn words(occasion: Occasion, number: u64, russian: bool) -> &'static str {
    let [first, second] = texts(occasion);
    let (english, in_russian) = if number.is_multiple_of(2) { first } else { second };
    if russian { in_russian } else { english }
}

/// Feedback.
pub(super) fn judgement(positive: bool, russian: bool) -> &'static str {
    match (positive, russian) {
        (true, false) => "Everything as agreed.",
        (true, true) => "Всё как договорились.",
        (false, false) => "I had to wait.",
        (false, true) => "Пришлось подождать.",
    }
}

/// Whether a text is more likely Russian than English.
pub(super) fn is_russian(text: &str) -> bool {
    text.chars()
        .any(|sign| matches!(sign, '\u{0410}'..='\u{044F}' | 'Ё' | 'ё'))
}

/// Whether somebody wants money back.
pub(super) fn asks_for_money(text: &str) -> bool {
    let text = text.to_lowercase();
    ["refund", "money back", "возврат", "верни", "вернуть"]
        .iter()
        .any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_a_question_is_known() {
        assert!(is_russian("Ёлка"));
        assert!(!is_russian("Is it there?"));
        for occasion in [
            Occasion::BeforePurchase,
            Occasion::GivesBack,
            Occasion::Damaged,
            Occasion::Question,
        ] {
            for number in 0..2 {
                assert!(is_russian(words(occasion, number, true)));
                assert!(!is_russian(words(occasion, number, false)));
            }
        }
    }

    #[test]
    fn who_complains_asks_for_money() {
        for number in 0..2 {
            for russian in [true, false] {
                assert!(asks_for_money(words(Occasion::Damaged, number, russian)));
            }
        }
        assert!(!asks_for_money("Thank you!"));
    }
}
