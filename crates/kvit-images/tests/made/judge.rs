//! Who says whether a file holds nothing but a picture: a walk of its own, by the standards and not by our encoder.
#![allow(dead_code, reason = "each test program uses a part of it")]

/// Walks over a JPEG (ITU-T T.81, B) and demands: the start, one JFIF header of 16 bytes without a thumbnail, then
/// tables, one baseline frame, scans, and the end at the last byte.
pub fn only_a_picture_jpeg(file: &[u8]) -> Result<(), String> {
    let byte = |at: usize| file.get(at).copied().ok_or(format!("it ends at {at}"));
    let mut at = 2;
    if file.get(..2) != Some(&[0xFF, 0xD8]) {
        return Err("no start".to_owned());
    }
    let (mut headers, mut frames, mut scans) = (0, 0, 0);
    loop {
        if byte(at)? != 0xFF {
            return Err(format!("no marker at {at}"));
        }
        let marker = byte(at + 1)?;
        at += 2;
        if marker == 0xD9 {
            let counts = (headers, frames, scans > 0, file.len() - at);
            return if counts == (1, 1, true, 0) {
                Ok(())
            } else {
                Err(format!("headers, frames, scans, rest: {counts:?}"))
            };
        }
        let length = usize::from(byte(at)?) * 256 + usize::from(byte(at + 1)?);
        let content = file.get(at + 2..at + length).ok_or("a segment is too long")?;
        match marker {
            0xE0 if content.len() == 14 && content.starts_with(b"JFIF\0") && content.ends_with(&[0, 0]) => {
                headers += 1;
            }
            0xC0 => frames += 1,
            0xC4 | 0xDB => {}
            0xDA => scans += 1,
            other => return Err(format!("a segment {other:02X}")),
        }
        at += length;
        if marker == 0xDA {
            while !(byte(at)? == 0xFF && byte(at + 1)? != 0) {
                at += 1;
            }
        }
    }
}

/// Walks over a PNG (PNG, 5) and demands: header, pixels, end.
pub fn only_a_picture_png(file: &[u8]) -> Result<(), String> {
    let mut rest = file.strip_prefix(b"\x89PNG\r\n\x1A\n").ok_or("no start")?;
    let mut names = Vec::new();
    while let Some((length, more)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let name = more.get(..4).ok_or("a chunk without a name")?;
        names.push(String::from_utf8_lossy(name).into_owned());
        rest = more.get(8 + length..).ok_or("a chunk is too long")?;
    }
    names.dedup();
    if names == ["IHDR", "IDAT", "IEND"] && rest.is_empty() {
        Ok(())
    } else {
        Err(format!("{names:?}, then {} bytes", rest.len()))
    }
}

#[test]
fn the_judge_sees_what_does_not_belong() {
    let picture = super::made::detail(16, 16);
    let file = |segments: &[(u8, Vec<u8>)], icc: Option<&[u8]>| {
        let how = super::made::Jpeg {
            segments,
            icc,
            ..super::made::Jpeg::default()
        };
        super::made::jpeg_of(&picture, how)
    };
    let clean = file(&[], None);
    assert_eq!(only_a_picture_jpeg(&clean), Ok(()));
    assert!(only_a_picture_jpeg(&file(&[(1, b"Exif\0\0".to_vec())], None)).is_err());
    assert!(only_a_picture_jpeg(&file(&[], Some(b"profile"))).is_err());
    assert!(only_a_picture_jpeg(&[&clean[..], b"x"].concat()).is_err());
    assert!(only_a_picture_jpeg(&clean[..clean.len() - 1]).is_err());
    let commented = [&clean[..2], b"\xFF\xFE\0\x03x", &clean[2..]].concat();
    assert!(only_a_picture_jpeg(&commented).is_err());
    let clean = super::made::png(&picture.into(), None, None);
    assert_eq!(only_a_picture_png(&clean), Ok(()));
    let text = super::made::chunk(b"tEXt", b"Comment\0x");
    assert!(only_a_picture_png(&super::made::with_chunks(&clean, &[text])).is_err());
    assert!(only_a_picture_png(&[&clean[..], b"x"].concat()).is_err());
}
