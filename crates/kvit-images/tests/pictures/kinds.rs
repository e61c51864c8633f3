//! Every kind of file, its size, and what is refused by name.

use std::time::Duration;

use kvit_images::{
    Foreign, Format, LONG_SIDE, Limits, MAX_SENT_BYTES, PictureFault, Prepare, QUALITY, Side, Stop, sniff,
};

use crate::made::{self, detail, every_kind};
use crate::{prepare, read, show};

#[test]
fn every_kind_is_read() {
    for (name, file) in every_kind() {
        let sent = prepare(&file, false).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let format = sniff(&file).unwrap();
        assert_eq!(sent.source_format, format, "{name}");
        assert!(name.starts_with(&format.name().to_lowercase()), "{name}");
        assert_eq!(sent.width.max(sent.height), 40, "{name}");
        assert_eq!(read(&sent.jpeg).dimensions(), (sent.width, sent.height), "{name}");
        let shown = show(&file, Side::new(20)).unwrap();
        assert_eq!(
            (
                shown.width.max(shown.height),
                shown.source_width.max(shown.source_height)
            ),
            (20, 40),
            "{name}"
        );
        // What was made can be read again, as the marketplace and the other side will.
        assert!(
            prepare(&sent.jpeg, true).is_ok() && show(&shown.bytes, Side::PREVIEW).is_ok(),
            "{name}"
        );
    }
}

#[test]
fn the_long_side_is_limited_unless_the_full_size_is_wanted() {
    let wide = made::jpeg_of(&detail(2000, 500), made::Jpeg::default());
    let sent = prepare(&wide, false).unwrap();
    assert_eq!((sent.width, sent.height, sent.quality), (LONG_SIDE, 400, QUALITY));
    assert_eq!((sent.source_width, sent.source_height), (2000, 500));
    let full = prepare(&wide, true).unwrap();
    assert_eq!((full.width, full.height), (2000, 500));
    assert!(full.quality > QUALITY && full.jpeg.len() <= MAX_SENT_BYTES);
    assert!(full.jpeg.len() > sent.jpeg.len());
    // The first of several frames.
    let [first, second] =
        [[250, 0, 0], [0, 0, 250]].map(|colour| image::RgbImage::from_pixel(16, 16, image::Rgb(colour)));
    let sent = read(&prepare(&made::gif(&[first, second]), false).unwrap().jpeg);
    assert!(sent.get_pixel(8, 8).0[0] > 200, "{:?}", sent.get_pixel(8, 8));
}

#[test]
fn what_is_no_picture_is_refused_by_name() {
    let fault = |file: &[u8]| prepare(file, false).unwrap_err();
    assert_eq!(fault(b""), PictureFault::Empty);
    for (file, foreign) in [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), Foreign::Heic),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1miaf", Foreign::Avif),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Foreign::Svg),
        (b"%PDF-1.7", Foreign::Pdf),
        (b"only words", Foreign::Unknown),
    ] {
        assert_eq!(fault(file), PictureFault::Unsupported(foreign));
        assert_eq!(show(file, Side::PREVIEW), Err(PictureFault::Unsupported(foreign)));
    }
    assert_eq!(sniff(b"GIF89a"), Ok(Format::Gif));
}

/// A picture that is also an archive stays a picture, and loses the archive.
#[test]
fn of_two_things_at_once_only_the_picture_is_left() {
    let both = [
        made::png(&detail(16, 16).into(), None, None),
        b"PK\x03\x04<script>".to_vec(),
    ]
    .concat();
    let shown = show(&both, Side::PREVIEW).unwrap();
    assert!(!shown.bytes.windows(7).any(|part| part == b"<script"));
}

#[test]
fn limits_and_wishes_are_kept() {
    let file = bytes::Bytes::from(made::png(&detail(100, 50).into(), None, None));
    let with = |limits: Limits, stop: &Stop| {
        kvit_images::prepare(file.clone(), Prepare::default(), limits, stop).map(drop)
    };
    let (own, stop) = (Limits::OWN, Stop::new());
    assert_eq!(with(own, &stop), Ok(()));
    let limit = file.len() - 1;
    let fewer = Limits {
        input_bytes: limit,
        ..own
    };
    assert_eq!(with(fewer, &stop), Err(PictureFault::TooManyBytes { limit }));
    let too_many = Err(PictureFault::TooManyPixels {
        width: 100,
        height: 50,
    });
    assert_eq!(with(Limits { pixels: 4999, ..own }, &stop), too_many);
    assert_eq!(with(Limits { side: 99, ..own }, &stop), too_many);
    assert_eq!(
        with(
            Limits {
                memory: 1 << 20,
                ..own
            },
            &stop
        ),
        Err(PictureFault::TooMuchMemory)
    );
    let none = Limits {
        time: Duration::ZERO,
        ..own
    };
    assert_eq!(with(none, &stop), Err(PictureFault::TooSlow));
    stop.stop();
    assert_eq!(with(own, &stop), Err(PictureFault::Stopped));
}
