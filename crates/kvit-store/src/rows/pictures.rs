//! Names of pictures in a body.

use kvit_domain::picture::PictureId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Pictures, in order. Bodies written before pictures could be read have only how many there were: none can be named then,
/// until the copy is read again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PicturesRow(pub(crate) Vec<PictureId>);

impl Serialize for PicturesRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ToString::to_string))
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
        Ok(Self(match Either::deserialize(deserializer)? {
            Either::Count(_) => Vec::new(),
            Either::Names(names) => names
                .iter()
                .map(|name| name.parse().map_err(serde::de::Error::custom))
                .collect::<Result<_, _>>()?,
        }))
    }
}
