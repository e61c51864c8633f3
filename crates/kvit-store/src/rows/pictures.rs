//! Names of pictures in a body.

use kvit_domain::picture::PictureId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Pictures, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PicturesRow {
    /// Bodies written before pictures could be read have only how many there were: none can be named until the copy is
    /// read again.
    Counted(u32),
    /// Their names.
    Named(Vec<PictureId>),
}

impl From<&Vec<PictureId>> for PicturesRow {
    fn from(names: &Vec<PictureId>) -> Self {
        Self::Named(names.clone())
    }
}

impl PicturesRow {
    /// Those that have names.
    pub(crate) fn names(self) -> Vec<PictureId> {
        match self {
            Self::Counted(_) => Vec::new(),
            Self::Named(names) => names,
        }
    }

    /// How many there are, named or not.
    pub(crate) fn count(&self) -> u32 {
        match self {
            Self::Counted(count) => *count,
            Self::Named(names) => u32::try_from(names.len()).unwrap_or(u32::MAX),
        }
    }

    /// Takes these names where as many were only counted.
    pub(crate) fn name(&mut self, names: &[PictureId]) {
        if matches!(self, Self::Counted(count) if usize::try_from(*count) == Ok(names.len())) {
            *self = Self::Named(names.to_vec());
        }
    }
}

impl Serialize for PicturesRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Counted(count) => serializer.serialize_u32(*count),
            Self::Named(names) => serializer.collect_seq(names.iter().map(ToString::to_string)),
        }
    }
}

impl<'de> Deserialize<'de> for PicturesRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Count(u32),
            Names(Vec<String>),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Count(count) => Self::Counted(count),
            Either::Names(names) => Self::Named(
                names
                    .iter()
                    .map(|name| name.parse().map_err(serde::de::Error::custom))
                    .collect::<Result<_, _>>()?,
            ),
        })
    }
}
