//! The words about bundles of evidence.

use kvit_proof::bundle::{BundleFault, BundleVerdict, ItemState, SubjectKind};

use super::Language;

/// Names of the rows of an answer.
pub(crate) struct BundleLabels {
    pub about: &'static str,
    pub marketplace: &'static str,
    pub login: &'static str,
    pub made: &'static str,
    pub app: &'static str,
    pub key: &'static str,
}

impl Language {
    pub(crate) fn bundle_labels(self) -> BundleLabels {
        self.pick(
            BundleLabels {
                about: "About",
                marketplace: "Marketplace",
                login: "Account",
                made: "Made",
                app: "By",
                key: "Signed by",
            },
            BundleLabels {
                about: "О чём",
                marketplace: "Площадка",
                login: "Учётная запись",
                made: "Создано",
                app: "Программой",
                key: "Подписано ключом",
            },
        )
    }

    pub(crate) fn subject(self, kind: SubjectKind) -> &'static str {
        match kind {
            SubjectKind::Payment => self.pick("payment", "платёж"),
            SubjectKind::Deal => self.pick("deal", "сделка"),
        }
    }

    pub(crate) fn bundle_verdict(self, verdict: BundleVerdict) -> &'static str {
        match verdict {
            BundleVerdict::Whole => self.pick(
                "INTACT: everything is as it was signed.",
                "ЦЕЛО: всё так, как было подписано.",
            ),
            BundleVerdict::Parts => self.pick(
                "INTACT, IN PARTS: what is there is as it was signed; something was left out.",
                "ЦЕЛО, НО НЕ ВСЁ: что есть, то так, как было подписано; что-то пропущено.",
            ),
            BundleVerdict::Altered => self.pick(
                "ALTERED: something is not as it was signed.",
                "ИЗМЕНЕНО: что-то не так, как было подписано.",
            ),
        }
    }

    pub(crate) fn item_state(self, state: ItemState) -> &'static str {
        match state {
            ItemState::Intact => self.pick("intact  ", "цело     "),
            ItemState::LeftOut => self.pick("left out", "пропущено"),
            ItemState::Altered => self.pick("ALTERED ", "ИЗМЕНЕНО "),
            ItemState::Missing => self.pick("MISSING ", "НЕТ ЧАСТИ"),
        }
    }

    pub(crate) fn stranger(self) -> &'static str {
        self.pick("PUT IN, not signed:", "ПОДЛОЖЕНО, без подписи:")
    }

    pub(crate) fn receipt(self) -> &'static str {
        self.pick("Receipt", "Квитанция")
    }

    pub(crate) fn no_key_for_receipts(self) -> &'static str {
        self.pick(
            "not checked; give the marketplace's key with --key.",
            "не проверена; укажите ключ площадки через --key.",
        )
    }

    pub(crate) fn what_it_proves(self) -> &'static str {
        self.pick(
            "This proves that the holder of the key had these records and that they are unchanged since. It does not prove\n\
             that the other side wrote what is shown as its words, nor that the clock was right.",
            "Это доказывает, что у владельца ключа были эти записи и что с тех пор они не изменены. Это не доказывает, что\n\
             другая сторона написала показанное от её имени и что часы шли верно.",
        )
    }

    pub(crate) fn bundle_fault(self, fault: &BundleFault) -> String {
        let why = match fault {
            BundleFault::TooLarge | BundleFault::UnpacksToTooMuch | BundleFault::TooManyItems => self.pick(
                "larger than any bundle of evidence; it was not read.",
                "больше любого пакета доказательств; файл не читался.",
            ),
            BundleFault::Archive => self.pick(
                "not an archive in the form of a bundle. One that was packed again by another program is not recognised.",
                "это не архив в виде пакета. Запакованный заново другой программой не распознаётся.",
            ),
            BundleFault::Manifest => self.pick(
                "the manifest is missing or damaged.",
                "манифеста нет, или он повреждён.",
            ),
            BundleFault::Newer(_) => {
                return self
                    .pick(
                        "NOT VERIFIED: made by a newer Kvit than this one.",
                        "НЕ ПОДТВЕРЖДЕНО: создано более новым Kvit, чем этот.",
                    )
                    .to_owned();
            }
            BundleFault::Signature => self.pick(
                "the signature does not fit the manifest.",
                "подпись не подходит к манифесту.",
            ),
            BundleFault::Altered | BundleFault::NoSuchItem(_) => {
                self.pick("it was altered.", "он изменён.")
            }
        };
        format!(
            "{} {why}",
            self.pick("FORGED OR ALTERED:", "ПОДДЕЛАНО ИЛИ ИЗМЕНЕНО:")
        )
    }
}
