//! The words, in English and Russian. Every message is a pair, so a missing one does not compile.

mod bundle;

use jiff::Timestamp;
use kvit_proof::verdict::Forgery;
use kvit_proof::{BodyFaultKind, FrameFaultKind, KeyFault, NotVerified, Refusal, display_safe};

use crate::Obstacle;
use crate::arguments::{Misuse, Source};

/// The language of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Russian.
    Russian,
}

/// Names of the rows of an answer.
pub(crate) struct Labels {
    pub payment: &'static str,
    pub pieces: &'static str,
    pub invoice: &'static str,
    pub amount: &'static str,
    pub created_at: &'static str,
    pub payer: &'static str,
    pub owner: &'static str,
    pub signed_at: &'static str,
    pub key: &'static str,
    pub signing_key: &'static str,
}

impl Language {
    /// The language of the environment: the first of `LC_ALL`, `LC_MESSAGES`, `LANG` that is set (POSIX, base
    /// definitions, section 8.2). Anything but Russian is English.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| variable(name).filter(|value| !value.is_empty()))
            .unwrap_or_default();
        let language = locale.split(['_', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("ru") {
            Self::Russian
        } else {
            Self::English
        }
    }

    fn pick<T>(self, english: T, russian: T) -> T {
        match self {
            Self::English => english,
            Self::Russian => russian,
        }
    }

    pub(crate) fn usage(self) -> &'static str {
        self.pick(
            "Usage: kvit verify FILE|- [--key KEYFILE] [--json]\n       \
                    kvit verify-bundle FILE|- [--key KEYFILE] [--json]\n\
             Checks a signed payment confirmation, or a bundle of evidence and the receipts in it, on this machine,\n\
             without account or network.\n\n\
             FILE           the confirmation or the bundle; - reads standard input\n\
             --key KEYFILE  the marketplace's public OpenPGP key\n\
             --json         one line of JSON\n\n\
             Exit code: 0 verified, 1 not verified, 2 forged or altered, 3 nothing was checked.\n\
             A bundle is verified if what is in it is as it was signed, and with a key, if it has receipts and all of\n\
             them are verified.\n",
            "Вызов: kvit verify ФАЙЛ|- [--key ФАЙЛ_КЛЮЧА] [--json]\n       \
                    kvit verify-bundle ФАЙЛ|- [--key ФАЙЛ_КЛЮЧА] [--json]\n\
             Проверяет подписанное подтверждение оплаты или пакет доказательств и квитанции в нём на этой машине,\n\
             без учётной записи и сети.\n\n\
             ФАЙЛ                подтверждение или пакет; - читает стандартный ввод\n\
             --key ФАЙЛ_КЛЮЧА    открытый ключ OpenPGP площадки\n\
             --json              одна строка JSON\n\n\
             Код выхода: 0 подтверждено, 1 не подтверждено, 2 подделано или изменено, 3 ничего не проверено.\n\
             Пакет подтверждён, если всё в нём так, как было подписано, а с ключом ещё и если в нём есть квитанции и\n\
             все они подтверждены.\n",
        )
    }

    pub(crate) fn misuse(self, misuse: &Misuse) -> String {
        match misuse {
            Misuse::NoCommand => self
                .pick(
                    "The commands are: verify, verify-bundle.",
                    "Команды: verify, verify-bundle.",
                )
                .to_owned(),
            Misuse::NoFile => self
                .pick(
                    "Name the file that is to be checked.",
                    "Укажите файл для проверки.",
                )
                .to_owned(),
            Misuse::BothStdin => self
                .pick(
                    "Standard input can hold the file or the key, not both.",
                    "Из стандартного ввода читается либо файл, либо ключ, но не оба.",
                )
                .to_owned(),
            Misuse::Unexpected(argument) => {
                format!(
                    "{} {}",
                    self.pick("Not understood:", "Непонятно:"),
                    one_line(argument)
                )
            }
        }
    }

    pub(crate) fn obstacle(self, obstacle: &Obstacle) -> String {
        match obstacle {
            Obstacle::Unreadable { source, error } => {
                let name = match source {
                    Source::Stdin => self.pick("standard input", "стандартный ввод").to_owned(),
                    Source::File(path) => one_line(&path.to_string_lossy()),
                };
                let error = one_line(&error.to_string());
                format!("{}: {name}: {error}", self.pick("Cannot read", "Не читается"))
            }
            Obstacle::Key(fault) => {
                let why = match fault {
                    KeyFault::TooLarge => self.pick("it is too large.", "он слишком велик."),
                    KeyFault::NotAKey => self.pick(
                        "it is not an OpenPGP public key.",
                        "это не открытый ключ OpenPGP.",
                    ),
                    KeyFault::MoreThanOne => self.pick(
                        "there is more than one key, or something beside it.",
                        "ключей больше одного, или рядом с ключом есть что-то ещё.",
                    ),
                    KeyFault::SecretKey => self.pick(
                        "it is a private key. Keep it to yourself and use the public key.",
                        "это закрытый ключ. Никому его не давайте, возьмите открытый.",
                    ),
                    KeyFault::Version => self.pick(
                        "this version of key is not supported.",
                        "эта версия ключа не поддерживается.",
                    ),
                };
                format!(
                    "{}: {why}",
                    self.pick("The key cannot be used", "Ключ не подходит")
                )
            }
        }
    }

    pub(crate) fn labels(self) -> Labels {
        self.pick(
            Labels {
                payment: "Payment",
                pieces: "Pieces",
                invoice: "Invoice",
                amount: "Amount",
                created_at: "Made",
                payer: "Payer",
                owner: "Seller",
                signed_at: "Signed",
                key: "Key",
                signing_key: "Signing subkey",
            },
            Labels {
                payment: "Платёж",
                pieces: "Штук",
                invoice: "Счёт",
                amount: "Сумма",
                created_at: "Создан",
                payer: "Плательщик",
                owner: "Продавец",
                signed_at: "Подписано",
                key: "Ключ",
                signing_key: "Подписывающий подключ",
            },
        )
    }

    pub(crate) fn verified(self) -> &'static str {
        self.pick(
            "VERIFIED: a payment confirmation with a good signature of the given key.",
            "ПОДТВЕРЖДЕНО: подтверждение оплаты с верной подписью данного ключа.",
        )
    }

    pub(crate) fn compare_yourself(self) -> &'static str {
        self.pick(
            "Compare the fields with your payment and the key with the one the marketplace publishes.",
            "Сравните поля со своим платежом, а ключ с тем, который публикует площадка.",
        )
    }

    pub(crate) fn signed_text(self) -> &'static str {
        self.pick("The signed text:", "Подписанный текст:")
    }

    pub(crate) fn refusal(self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::NotVerified(reason) => {
                format!(
                    "{} {}",
                    self.pick("NOT VERIFIED:", "НЕ ПОДТВЕРЖДЕНО:"),
                    self.not_verified(reason)
                )
            }
            Refusal::Forged(forgery) => {
                format!(
                    "{} {}",
                    self.pick("FORGED OR ALTERED:", "ПОДДЕЛАНО ИЛИ ИЗМЕНЕНО:"),
                    self.forged(*forgery)
                )
            }
        }
    }

    fn not_verified(self, reason: &NotVerified) -> String {
        let dated = |english: &str, russian: &str, time: &Timestamp| {
            let time = time.strftime("%Y-%m-%d %H:%M:%S UTC");
            self.pick(english, russian).replace("{}", &time.to_string())
        };
        let plain = |english: &str, russian: &str| self.pick(english, russian).to_owned();
        match reason {
            NotVerified::NoConfirmation => plain("there is no confirmation.", "подтверждения нет."),
            NotVerified::NoKey => plain(
                "no key was given. Give the marketplace's public key with --key.",
                "ключ не указан. Укажите открытый ключ площадки через --key.",
            ),
            NotVerified::HistoricalKey => plain(
                "the given key is a historical one. Its private part is in many hands, so it proves nothing.",
                "указан исторический ключ. Его закрытая часть разошлась по рукам, и он ничего не доказывает.",
            ),
            NotVerified::UnknownKey { signer } => {
                let signer = signer.as_deref().unwrap_or("?");
                let text = self.pick(
                    "signed by another key than the given one. The text names {}.",
                    "подписано не данным ключом. В тексте назван {}.",
                );
                text.replace("{}", &one_line(signer))
            }
            NotVerified::KeyExpired {
                since,
                signed_while_valid: true,
            } => dated(
                "the signature is good, but the key expired at {}. That it was made before is only the signer's word.",
                "подпись верна, но ключ истёк {}. Что она сделана раньше, известно только со слов подписавшего.",
                since,
            ),
            NotVerified::KeyExpired {
                since,
                signed_while_valid: false,
            } => dated(
                "the key had expired at {}, before it signed.",
                "ключ истёк {}, ещё до подписи.",
                since,
            ),
            NotVerified::KeyRevoked {
                signed_while_valid: true,
            } => plain(
                "the signature is good, but its owner has revoked the key since.",
                "подпись верна, но позже владелец отозвал ключ.",
            ),
            NotVerified::KeyRevoked {
                signed_while_valid: false,
            } => plain(
                "the key's owner has revoked it, and signatures made before do not count either.",
                "владелец отозвал ключ, и прежние подписи тоже не в счёт.",
            ),
            NotVerified::KeyNotYetValid { from } => dated(
                "the signature is dated before its key was made, {}.",
                "подпись датирована раньше, чем создан её ключ: {}.",
                from,
            ),
            NotVerified::KeyCannotSign => plain(
                "the key that signed has no right to sign.",
                "у подписавшего ключа нет права подписи.",
            ),
            NotVerified::KeyUnacceptable => plain(
                "the given key is damaged, or protected too weakly to be believed.",
                "данный ключ повреждён или защищён слишком слабо, чтобы ему верить.",
            ),
            NotVerified::WeakDigest { name } => {
                let text = self.pick(
                    "the digest {} is too weak. SHA256, SHA384 and SHA512 are accepted.",
                    "хеш {} слишком слаб. Принимаются SHA256, SHA384 и SHA512.",
                );
                text.replace("{}", name)
            }
            NotVerified::PolicyRefused => plain(
                "the signature uses something that is not safe or not known.",
                "в подписи использовано небезопасное или неизвестное.",
            ),
            NotVerified::SignedInFuture { signed_at } => dated(
                "the signature is dated {}, in the future. Check this machine's clock.",
                "подпись датирована будущим: {}. Проверьте часы этой машины.",
                signed_at,
            ),
            NotVerified::SignatureExpired { since } => {
                dated("the signature expired at {}.", "срок подписи истёк {}.", since)
            }
            NotVerified::NotUnderstood { fault, .. } => {
                let what = match fault.kind {
                    BodyFaultKind::Expected(field) => self
                        .pick("expected the field {}.", "ожидалось поле {}.")
                        .replace("{}", field.name()),
                    BodyFaultKind::Value(field) => self
                        .pick(
                            "the value of {} is in a notation that is not read.",
                            "значение поля {} записано непонятно.",
                        )
                        .replace("{}", field.name()),
                    BodyFaultKind::Extra => self
                        .pick("there is one line too many.", "лишняя строка.")
                        .to_owned(),
                };
                let line = fault.line;
                self.pick(
                    format!("signed by the given key, but not understood. Line {line}: {what}"),
                    format!("подписано данным ключом, но не понято. Строка {line}: {what}"),
                )
            }
            NotVerified::NotAConfirmation { .. } => plain(
                "signed by the given key, but this is not a payment confirmation.",
                "подписано данным ключом, но это не подтверждение оплаты.",
            ),
        }
    }

    fn forged(self, forgery: Forgery) -> String {
        match forgery {
            Forgery::TooLarge { limit, .. } => self
                .pick(
                    "more than {} bytes. No confirmation is that long; it was not read.",
                    "больше {} байт. Таких подтверждений не бывает; текст не читался.",
                )
                .replace("{}", &limit.to_string()),
            Forgery::Frame(fault) => {
                let line = fault.line;
                let what = self.frame(fault.kind);
                self.pick(format!("line {line}: {what}"), format!("строка {line}: {what}"))
            }
            Forgery::BadSignature => self
                .pick(
                    "the signature does not fit the text.",
                    "подпись не подходит к тексту.",
                )
                .to_owned(),
            Forgery::MalformedSignature => self
                .pick(
                    "the signature is damaged, or holds something it does not protect.",
                    "подпись повреждена или содержит то, чего не защищает.",
                )
                .to_owned(),
            Forgery::NotOneSignature => self
                .pick(
                    "there is not exactly one signature.",
                    "подпись должна быть ровно одна.",
                )
                .to_owned(),
            Forgery::NotATextSignature => self
                .pick(
                    "the signature was not made for such a text.",
                    "подпись сделана не для такого текста.",
                )
                .to_owned(),
            Forgery::DigestDiffers => self
                .pick(
                    "the Hash header names another digest than the signature.",
                    "в заголовке Hash назван не тот хеш, что в подписи.",
                )
                .to_owned(),
            Forgery::TextDiffers => self
                .pick(
                    "the text can be read in two ways.",
                    "текст можно прочесть двояко.",
                )
                .to_owned(),
        }
    }

    fn frame(self, kind: FrameFaultKind) -> &'static str {
        match kind {
            FrameFaultKind::NoBegin => self.pick(
                "a signed text begins with -----BEGIN PGP SIGNED MESSAGE-----, and nothing stands before it.",
                "подписанный текст начинается с -----BEGIN PGP SIGNED MESSAGE-----, и перед ним ничего нет.",
            ),
            FrameFaultKind::HashHeader => self.pick(
                "exactly one known Hash header belongs here.",
                "здесь место ровно одному известному заголовку Hash.",
            ),
            FrameFaultKind::NoBlankAfterHash => self.pick(
                "after the one Hash header there must be an empty line.",
                "после единственного заголовка Hash должна быть пустая строка.",
            ),
            FrameFaultKind::NoText => self.pick("there is no text.", "текста нет."),
            FrameFaultKind::NotEscaped => self.pick(
                "a line that begins with a dash is not escaped, or a second text begins.",
                "строка с дефиса не экранирована, или начинается второй текст.",
            ),
            FrameFaultKind::NeedlesslyEscaped => self.pick(
                "a line is escaped without need.",
                "строка экранирована без нужды.",
            ),
            FrameFaultKind::TrailingBlank => self.pick(
                "a blank at the end of a line, which no signature protects.",
                "пробел в конце строки, который не защищён подписью.",
            ),
            FrameFaultKind::NoSignature => self.pick("the signature is missing.", "подписи нет."),
            FrameFaultKind::NoBlankBeforeArmor => self.pick(
                "an empty line and nothing else belongs before the signature data.",
                "перед данными подписи должна быть пустая строка и ничего больше.",
            ),
            FrameFaultKind::Armor => {
                self.pick("the signature data is damaged.", "данные подписи повреждены.")
            }
            FrameFaultKind::Checksum => self.pick(
                "the checksum of the signature data is wrong.",
                "контрольная сумма данных подписи неверна.",
            ),
            FrameFaultKind::NoEnd => self.pick(
                "the line -----END PGP SIGNATURE----- is missing.",
                "нет строки -----END PGP SIGNATURE-----.",
            ),
            FrameFaultKind::AfterEnd => self.pick(
                "something follows the end of the signature.",
                "после конца подписи есть что-то ещё.",
            ),
            FrameFaultKind::NotUtf8 => self.pick("the text is not UTF-8.", "текст не в UTF-8."),
            FrameFaultKind::Control => self.pick("there is a control character.", "есть управляющий символ."),
            FrameFaultKind::MixedLineEnds => {
                self.pick("line ends are of different kinds.", "концы строк разного вида.")
            }
            FrameFaultKind::NotCanonical => self.pick(
                "the frame is not in its one form.",
                "обрамление не в единственно верном виде.",
            ),
        }
    }
}

/// Text of a stranger within a sentence.
fn one_line(text: &str) -> String {
    display_safe(text).replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_the_language() {
        let language = |set: &[(&str, &str)]| {
            Language::from_environment(|name| {
                set.iter()
                    .find(|(variable, _)| *variable == name)
                    .map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(language(&[]), Language::English);
        assert_eq!(language(&[("LANG", "ru_RU.UTF-8")]), Language::Russian);
        assert_eq!(language(&[("LANG", "ru")]), Language::Russian);
        assert_eq!(language(&[("LANG", "rue_UA")]), Language::English);
        assert_eq!(
            language(&[("LANG", "ru_RU.UTF-8"), ("LC_ALL", "C")]),
            Language::English
        );
        assert_eq!(
            language(&[("LANG", "C"), ("LC_MESSAGES", "ru_RU")]),
            Language::Russian
        );
        assert_eq!(language(&[("LANG", "ru_RU"), ("LC_ALL", "")]), Language::Russian);
    }
}
