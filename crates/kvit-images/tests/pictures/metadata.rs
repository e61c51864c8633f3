//! Whatever a file tells besides its pixels does not come out.

use image::DynamicImage;
use kvit_images::{ShownAs, Side};

use crate::judge::{only_a_picture_jpeg, only_a_picture_png};
use crate::made::{self, Jpeg, RgbaFading, chunk, detail, directory, exif_segment, with_chunks};
use crate::{prepare, show};

/// Stands in everything that is hidden in the files of these tests.
const PLANTED: &[u8] = b"PLANTED-7f3a";

fn planted(what: &str) -> Vec<u8> {
    [PLANTED, b" ", what.as_bytes(), b"\0"].concat()
}

/// EXIF with maker, model, serial number, maker note, place, owner and a thumbnail.
fn telling_exif() -> Vec<u8> {
    const START: u32 = 8;
    let texts: Vec<Vec<u8>> = [
        "maker", "model", "owner", "serial", "note", "place", "date", "lens",
    ]
    .iter()
    .map(|what| planted(what))
    .collect();
    let thumbnail = made::jpeg_of(
        &detail(16, 16),
        Jpeg {
            segments: &[(1, planted("thumbnail"))],
            ..Jpeg::default()
        },
    );
    // Four directories of these numbers of fields, then the values.
    let lengths = [5_u32, 4, 3, 3].map(|fields| 2 + 12 * fields + 4);
    let place = |index: usize| START + lengths[..index].iter().sum::<u32>();
    let mut end = place(4);
    let mut ascii = |tag: u16, index: usize, kind: u16| {
        let field = (tag, kind, texts[index].len() as u32, end);
        end += texts[index].len() as u32;
        field
    };
    let first = [
        ascii(0x010F, 0, 2),
        ascii(0x0110, 1, 2),
        (0x0112, 3, 1, 6),
        (0x8769, 4, 1, place(1)),
        (0x8825, 4, 1, place(2)),
    ];
    let exif = [
        ascii(0xA430, 2, 2),
        ascii(0xA431, 3, 2),
        ascii(0x927C, 4, 7),
        ascii(0xA434, 7, 2),
    ];
    let gps = [(1, 2, 2, u32::from(b'N')), ascii(0x1B, 5, 7), ascii(0x1D, 6, 2)];
    let small = [
        (0x0103, 3, 1, 6),
        (0x0201, 4, 1, end),
        (0x0202, 4, 1, thumbnail.len() as u32),
    ];
    // In the order in which their places were given out.
    let values: Vec<u8> = [0, 1, 2, 3, 4, 7, 5, 6]
        .iter()
        .flat_map(|index| texts[*index].clone())
        .collect();
    [
        b"II*\0\x08\0\0\0".as_slice(),
        &directory(&first, place(3)),
        &directory(&exif, 0),
        &directory(&gps, 0),
        &directory(&small, 0),
        &values,
        &thumbnail,
    ]
    .concat()
}

fn holds(file: &[u8]) -> bool {
    file.windows(PLANTED.len()).any(|part| part == PLANTED)
}

/// Every format with everything in it that it can tell.
fn telling_files() -> Vec<(&'static str, Vec<u8>)> {
    let picture = detail(64, 40);
    let pixels = DynamicImage::from(picture.clone());
    let exif = telling_exif();
    let icc = [
        moxcms::ColorProfile::new_display_p3().encode().unwrap(),
        planted("profile"),
    ]
    .concat();
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), &planted("xmp")].concat();
    let iptc = [
        b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x20".as_slice(),
        &planted("iptc"),
    ]
    .concat();
    // Of an extension: which one, its length, the place of this part.
    let part = planted("extended");
    let length = (part.len() as u32).to_be_bytes();
    let name = b"http://ns.adobe.com/xmp/extension/\0";
    let extended = [name.as_slice(), &[b'A'; 32], &length, &[0; 4], &part].concat();
    let segments = [
        (0, planted("JFXX")),
        exif_segment(&exif),
        (1, xmp),
        (1, extended),
        (2, [b"MPF\0".as_slice(), &planted("pictures")].concat()),
        (13, iptc),
        (11, planted("HDR")),
    ];
    let jpeg = |progressive| {
        let how = Jpeg {
            segments: &segments[1..],
            icc: Some(&icc),
            progressive,
            ..Jpeg::default()
        };
        let file = made::jpeg_of(&picture, how);
        let comment = planted("comment");
        let length = (comment.len() as u16 + 2).to_be_bytes();
        let (start, rest) = file.split_at(2);
        // A comment before, and after the end a second picture with everything once more.
        [
            start,
            b"\xFF\xFE",
            &length,
            &comment,
            rest,
            &file,
            &planted("trailing"),
        ]
        .concat()
    };
    let chunks = [
        chunk(b"tEXt", &[b"Comment\0".as_slice(), &planted("text")].concat()),
        chunk(
            b"iTXt",
            &[b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), &planted("xmp")].concat(),
        ),
        chunk(b"tIME", &[7, 230, 1, 2, 3, 4, 5]),
        chunk(b"prVt", &planted("private")),
    ];
    let alpha = RgbaFading(&picture).image();
    let png = |pixels: &DynamicImage| {
        let file = with_chunks(&made::png(pixels, Some(&exif), Some(&icc)), &chunks);
        [file, planted("trailing")].concat()
    };
    let comment = [b"\x21\xFE".as_slice(), &[PLANTED.len() as u8], PLANTED, b"\0"].concat();
    let gif = made::gif(std::slice::from_ref(&picture));
    let text = planted("description");
    let raw = made::raw_tiff(&picture, 1, &[]);
    let tiff = made::raw_tiff(&picture, 6, &[(270, 2, text.len() as u32, raw.len() as u32 + 12)]);
    vec![
        ("jpeg", jpeg(false)),
        ("progressive jpeg", jpeg(true)),
        ("png", png(&pixels)),
        ("png with alpha", png(&alpha)),
        (
            "webp",
            [made::webp(&pixels, Some(&exif), Some(&icc)), planted("trailing")].concat(),
        ),
        // Behind the header and the table of colours of the first block.
        ("gif", [&gif[..gif.len() - 1], &comment, b";", PLANTED].concat()),
        ("bmp", [made::bmp(&pixels), planted("trailing")].concat()),
        ("tiff", [tiff, text].concat()),
    ]
}

#[test]
fn nothing_that_was_planted_comes_out() {
    for (name, file) in telling_files() {
        assert!(holds(&file), "{name}: nothing was planted");
        for full_size in [false, true] {
            let sent = prepare(&file, full_size).unwrap_or_else(|fault| panic!("{name}: {fault}"));
            assert_eq!(only_a_picture_jpeg(&sent.jpeg), Ok(()), "{name}");
            assert!(!holds(&sent.jpeg), "{name}");
        }
        for side in [Side::PREVIEW, Side::VIEWER, Side::new(20)] {
            let shown = show(&file, side).unwrap_or_else(|fault| panic!("{name}: {fault}"));
            let judged = match shown.shown_as {
                ShownAs::Jpeg => only_a_picture_jpeg(&shown.bytes),
                ShownAs::Png => only_a_picture_png(&shown.bytes),
            };
            assert_eq!(judged, Ok(()), "{name}");
            assert!(!holds(&shown.bytes), "{name}");
        }
    }
}

/// That what was planted would have been read: the same EXIF turns the picture.
#[test]
fn what_was_planted_was_real() {
    for (name, file) in telling_files() {
        let turned = !matches!(name, "gif" | "bmp");
        let sent = prepare(&file, false).unwrap();
        let expected = if turned { (40, 64) } else { (64, 40) };
        assert_eq!((sent.width, sent.height), expected, "{name}");
    }
}
