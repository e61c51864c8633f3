//! Pictures (section 5.9).

use kvit_domain::picture::PictureId;
use kvit_proto::v1;

use crate::path::{Path, Reason, WireFault};

/// Most pictures that a message, an invoice or a secret may name; the marketplace allows ten (section 3.3).
const LIST_LIMIT: usize = 1000;

/// The names of pictures, in order. What is not a GUID names no picture and is passed over: a counterparty that writes
/// such a name must not make the rest unreadable.
pub fn read_ids(names: &[String], path: &Path<'_>) -> Result<Vec<PictureId>, WireFault> {
    if names.len() > LIST_LIMIT {
        return Err(path.fault(Reason::TooMany));
    }
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

/// The names for the wire.
pub fn write_ids(pictures: &[PictureId]) -> Vec<String> {
    pictures.iter().map(ToString::to_string).collect()
}

/// The bytes of GetImage's answer: of the picture that was asked for, and in the size that was asked for.
pub fn read(message: v1::Image, id: PictureId, preview: bool) -> Result<Vec<u8>, WireFault> {
    same(&message, id)?;
    let (name, bytes) = if preview {
        ("Preview", message.preview)
    } else {
        ("Original", message.original)
    };
    if bytes.is_empty() {
        return Err(Path::ROOT.field(name).fault(Reason::Missing));
    }
    Ok(bytes)
}

/// The answer of StoreImage: the picture that was sent.
pub fn read_stored(message: &v1::Image, id: PictureId) -> Result<(), WireFault> {
    same(message, id)
}

fn same(message: &v1::Image, id: PictureId) -> Result<(), WireFault> {
    if message.id.parse() == Ok(id) {
        Ok(())
    } else {
        Err(Path::ROOT.field("Id").fault(Reason::Value))
    }
}

/// The request of GetImage.
pub fn request(id: PictureId, preview: bool) -> v1::GetImageRequest {
    v1::GetImageRequest {
        id: id.to_string(),
        is_preview: preview,
    }
}

/// The request of StoreImage.
pub fn store_request(id: PictureId, data: Vec<u8>) -> v1::StoreImageRequest {
    v1::StoreImageRequest {
        id: id.to_string(),
        data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "6f9619ff-8b86-d011-b42d-00cf4fc964ff";

    #[test]
    fn names_that_are_none_are_passed_over() {
        let names = ["", "../../etc/passwd", "6F9619FF8B86D011B42D00CF4FC964FF", "{}"].map(str::to_owned);
        let read = read_ids(&names, &Path::ROOT).unwrap();
        assert_eq!(write_ids(&read), [ID]);
        let flood = vec![ID.to_owned(); LIST_LIMIT + 1];
        assert_eq!(read_ids(&flood, &Path::ROOT).unwrap_err().reason, Reason::TooMany);
    }

    #[test]
    fn another_picture_is_no_answer() {
        let id = ID.parse().unwrap();
        let image = |id: &str| v1::Image {
            id: id.to_owned(),
            original: vec![1],
            ..v1::Image::default()
        };
        assert_eq!(read(image(ID), id, false), Ok(vec![1]));
        assert_eq!(read(image(ID), id, true).unwrap_err().path, "Preview");
        let other = "00000000-0000-0000-0000-000000000001";
        assert_eq!(read(image(other), id, false).unwrap_err().path, "Id");
        assert!(read_stored(&image(ID), id).is_ok() && read_stored(&image(""), id).is_err());
    }
}
