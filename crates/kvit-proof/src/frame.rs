//! The frame of a cleartext-signed message: one canonical form, byte for byte.
//!
//! Verifiers agree on what a signature covers, and disagree on what may stand around it. So the frame is read
//! here first, by a grammar that leaves no choice (RFC 9580, section 7, as GnuPG writes it):
//!
//! ```text
//! frame     = "-----BEGIN PGP SIGNED MESSAGE-----" LF
//!             "Hash: " digest LF LF
//!             1*( text-line LF )
//!             "-----BEGIN PGP SIGNATURE-----" LF LF
//!             *( 64base64 LF ) 1*64base64 LF
//!             [ "=" 4base64 LF ]
//!             "-----END PGP SIGNATURE-----" [ LF ]
//! text-line = "- " line    ; exactly when line starts with "-" or "From "
//!           / line         ; otherwise. No blank at the end, no control character
//! ```
//!
//! The same with CRLF in place of every LF is read too: mail and web pages do that to whole files. What was read
//! is written again and compared with what came in; only the rewritten bytes go to the verifier.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

const BEGIN_MESSAGE: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const BEGIN_SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
const END_SIGNATURE: &str = "-----END PGP SIGNATURE-----";
/// Characters on a full line of the armor (GnuPG and Sequoia write 64).
const ARMOR_WIDTH: usize = 64;

/// The digest named in the `Hash:` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Digest {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Digest {
    /// The name as OpenPGP writes it: `SHA256`, `SHA384`, `SHA512`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }

    fn by_name(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|digest| digest.name() == name)
    }
}

/// Where and how a text departs from the canonical frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct FrameFault {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub kind: FrameFaultKind,
}

/// What is wrong with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FrameFaultKind {
    /// The first line is not exactly the BEGIN line of a signed message.
    #[error("does not begin with the line of a signed message")]
    NoBegin,
    /// The second line is not exactly one known `Hash:` header.
    #[error("not exactly one Hash header")]
    HashHeader,
    /// No empty line after the header.
    #[error("no empty line after the Hash header")]
    NoBlankAfterHash,
    /// Nothing between header and signature.
    #[error("there is no text")]
    NoText,
    /// A line that must be dash-escaped is not, or a second message begins.
    #[error("a line of the text is not dash-escaped")]
    NotEscaped,
    /// A line is dash-escaped without need.
    #[error("a line of the text is dash-escaped without need")]
    NeedlesslyEscaped,
    /// A line of the text ends with a blank, which no signature covers.
    #[error("a line of the text ends with a blank")]
    TrailingBlank,
    /// The text ends before its signature begins.
    #[error("the signature is missing")]
    NoSignature,
    /// No empty line after the BEGIN line of the signature (or a header there).
    #[error("no empty line before the signature data")]
    NoBlankBeforeArmor,
    /// The signature data is not canonical base64 in lines of 64.
    #[error("the signature data is not canonical base64")]
    Armor,
    /// The checksum of the signature data is wrong.
    #[error("the checksum of the signature data is wrong")]
    Checksum,
    /// The END line of the signature is missing or altered.
    #[error("the end line of the signature is missing")]
    NoEnd,
    /// Something follows the END line.
    #[error("something follows the end of the signature")]
    AfterEnd,
    /// Not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A control character other than the line end.
    #[error("a control character")]
    Control,
    /// CRLF on some lines and LF on others.
    #[error("line ends are mixed")]
    MixedLineEnds,
    /// The rewritten frame differs from what came in.
    #[error("not the canonical form")]
    NotCanonical,
}

impl FrameFaultKind {
    /// A stable name for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoBegin => "no-begin",
            Self::HashHeader => "hash-header",
            Self::NoBlankAfterHash => "no-blank-after-hash",
            Self::NoText => "no-text",
            Self::NotEscaped => "not-escaped",
            Self::NeedlesslyEscaped => "needlessly-escaped",
            Self::TrailingBlank => "trailing-blank",
            Self::NoSignature => "no-signature",
            Self::NoBlankBeforeArmor => "no-blank-before-armor",
            Self::Armor => "armor",
            Self::Checksum => "checksum",
            Self::NoEnd => "no-end",
            Self::AfterEnd => "after-end",
            Self::NotUtf8 => "not-utf8",
            Self::Control => "control-character",
            Self::MixedLineEnds => "mixed-line-ends",
            Self::NotCanonical => "not-canonical",
        }
    }
}

/// The digest of a frame: accepted, or a known weak one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedDigest {
    /// One we accept.
    Strong(Digest),
    /// One that OpenPGP knows and we do not accept, by its name.
    Weak(&'static str),
}

/// A frame that obeys the grammar. Nothing about its signature is known yet.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The digest of the `Hash:` header.
    pub digest: NamedDigest,
    /// The text without dash escapes, lines joined by LF, without the line end before the signature.
    pub text: String,
    /// The packets inside the armor.
    pub packets: Vec<u8>,
    /// The whole frame, written again with LF.
    pub canonical: Vec<u8>,
}

impl Frame {
    /// Reads `input`, in time and memory linear in its size.
    pub(crate) fn parse(input: &[u8]) -> Result<Self, FrameFault> {
        let input = characters(input)?;
        let input = unix_lines(input)?;
        let mut reader = Lines {
            lines: input.split('\n'),
            number: 0,
        };

        if reader.next() != Some(BEGIN_MESSAGE) {
            return Err(reader.fault(FrameFaultKind::NoBegin));
        }
        let Some(digest) = reader.next().and_then(hash_header) else {
            return Err(reader.fault(FrameFaultKind::HashHeader));
        };
        if reader.next() != Some("") {
            return Err(reader.fault(FrameFaultKind::NoBlankAfterHash));
        }

        let text = text(&mut reader, input.len())?;

        if reader.next() != Some("") {
            return Err(reader.fault(FrameFaultKind::NoBlankBeforeArmor));
        }
        let (packets, checksum) = armor(&mut reader)?;

        let ends_with_newline = match reader.next() {
            None => false,
            Some("") => true,
            Some(_) => return Err(reader.fault(FrameFaultKind::AfterEnd)),
        };
        if reader.next().is_some() {
            return Err(reader.fault(FrameFaultKind::AfterEnd));
        }

        let canonical = write(
            digest,
            &text,
            &packets,
            checksum.as_deref(),
            ends_with_newline,
            input.len(),
        );
        if canonical != input.as_bytes() {
            // The grammar above leaves no second form; this guards the guard.
            return Err(FrameFault {
                line: 1,
                kind: FrameFaultKind::NotCanonical,
            });
        }
        Ok(Self {
            digest,
            text,
            packets,
            canonical,
        })
    }
}

/// Lines with their numbers.
struct Lines<'a> {
    lines: std::str::Split<'a, char>,
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.number = self.number.saturating_add(1);
        self.lines.next()
    }

    /// A fault on the line last read.
    fn fault(&self, kind: FrameFaultKind) -> FrameFault {
        FrameFault {
            line: self.number,
            kind,
        }
    }
}

/// UTF-8 without C0 (line ends excepted), DEL and C1.
fn characters(input: &[u8]) -> Result<&str, FrameFault> {
    let text = std::str::from_utf8(input).map_err(|error| FrameFault {
        line: line_of(input, error.valid_up_to()),
        kind: FrameFaultKind::NotUtf8,
    })?;
    let mut before = 0_u8;
    for (index, &byte) in input.iter().enumerate() {
        let c0 = (byte < 0x20 && byte != b'\n' && byte != b'\r') || byte == 0x7F;
        // C1 is U+0080..U+009F: C2 80..9F in UTF-8.
        let c1 = before == 0xC2 && byte < 0xA0;
        if c0 || c1 {
            return Err(FrameFault {
                line: line_of(input, index),
                kind: FrameFaultKind::Control,
            });
        }
        before = byte;
    }
    Ok(text)
}

/// The line of the byte at `index`, counted from 1.
fn line_of(input: &[u8], index: usize) -> usize {
    input
        .iter()
        .take(index)
        .filter(|&&byte| byte == b'\n')
        .count()
        .saturating_add(1)
}

/// The text with LF line ends, if it has LF throughout or CRLF throughout.
fn unix_lines(input: &str) -> Result<Cow<'_, str>, FrameFault> {
    if !input.as_bytes().contains(&b'\r') {
        return Ok(Cow::Borrowed(input));
    }
    let mut unix = String::with_capacity(input.len());
    let mut lines = input.split('\n').enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let fault = FrameFault {
            line: index.saturating_add(1),
            kind: FrameFaultKind::MixedLineEnds,
        };
        let line = if lines.peek().is_none() {
            // What follows the last LF has no line end.
            line
        } else {
            line.strip_suffix('\r').ok_or(fault)?
        };
        if line.contains('\r') {
            return Err(fault);
        }
        unix.push_str(line);
        if lines.peek().is_some() {
            unix.push('\n');
        }
    }
    Ok(Cow::Owned(unix))
}

fn hash_header(line: &str) -> Option<NamedDigest> {
    let name = line.strip_prefix("Hash: ")?;
    if let Some(digest) = Digest::by_name(name) {
        return Some(NamedDigest::Strong(digest));
    }
    // RFC 9580, table 23: those we name in the verdict instead of calling the frame damaged.
    ["MD5", "SHA1", "RIPEMD160", "SHA224", "SHA3-256", "SHA3-512"]
        .into_iter()
        .find(|weak| *weak == name)
        .map(NamedDigest::Weak)
}

/// Whether a line of the text has to be dash-escaped.
fn needs_escape(line: &str) -> bool {
    line.starts_with('-') || line.starts_with("From ")
}

/// Reads the text up to and including the BEGIN line of the signature.
fn text(reader: &mut Lines<'_>, capacity: usize) -> Result<String, FrameFault> {
    let mut text = String::with_capacity(capacity);
    let mut first = true;
    loop {
        let Some(line) = reader.next() else {
            return Err(reader.fault(FrameFaultKind::NoSignature));
        };
        if line == BEGIN_SIGNATURE {
            break;
        }
        let plain = if let Some(escaped) = line.strip_prefix("- ") {
            if !needs_escape(escaped) {
                return Err(reader.fault(FrameFaultKind::NeedlesslyEscaped));
            }
            escaped
        } else if needs_escape(line) {
            return Err(reader.fault(FrameFaultKind::NotEscaped));
        } else {
            line
        };
        if plain.ends_with(char::is_whitespace) {
            return Err(reader.fault(FrameFaultKind::TrailingBlank));
        }
        if !first {
            text.push('\n');
        }
        first = false;
        text.push_str(plain);
    }
    if text.is_empty() {
        return Err(reader.fault(FrameFaultKind::NoText));
    }
    Ok(text)
}

/// Reads the armor up to and including the END line. Returns the packets and the checksum, if there is one:
/// the right one, as computed.
fn armor(reader: &mut Lines<'_>) -> Result<(Vec<u8>, Option<String>), FrameFault> {
    let mut data = String::new();
    let mut last_line_seen = false;
    let mut line = loop {
        let Some(line) = reader.next() else {
            return Err(reader.fault(FrameFaultKind::NoEnd));
        };
        if line.starts_with(['=', '-']) {
            break line;
        }
        // A short line, or one with padding, is the last.
        if last_line_seen || line.is_empty() || line.len() > ARMOR_WIDTH {
            return Err(reader.fault(FrameFaultKind::Armor));
        }
        last_line_seen = line.len() < ARMOR_WIDTH || line.ends_with('=');
        data.push_str(line);
    };
    // The engine demands the alphabet, right padding and zero spare bits.
    let packets = BASE64
        .decode(&data)
        .map_err(|_| reader.fault(FrameFaultKind::Armor))?;
    if packets.is_empty() {
        return Err(reader.fault(FrameFaultKind::Armor));
    }

    let mut checksum = None;
    if let Some(written) = line.strip_prefix('=') {
        let computed = crc24_base64(&packets);
        if written != computed {
            return Err(reader.fault(FrameFaultKind::Checksum));
        }
        checksum = Some(computed);
        line = reader.next().unwrap_or_default();
    }
    if line != END_SIGNATURE {
        return Err(reader.fault(FrameFaultKind::NoEnd));
    }
    Ok((packets, checksum))
}

/// Writes the frame that the grammar describes.
fn write(
    digest: NamedDigest,
    text: &str,
    packets: &[u8],
    checksum: Option<&str>,
    ends_with_newline: bool,
    capacity: usize,
) -> Vec<u8> {
    let name = match digest {
        NamedDigest::Strong(digest) => digest.name(),
        NamedDigest::Weak(name) => name,
    };
    let mut out = String::with_capacity(capacity.saturating_add(1));
    for part in [BEGIN_MESSAGE, "\nHash: ", name, "\n\n"] {
        out.push_str(part);
    }
    for line in text.split('\n') {
        if needs_escape(line) {
            out.push_str("- ");
        }
        out.push_str(line);
        out.push('\n');
    }
    out.push_str(BEGIN_SIGNATURE);
    out.push_str("\n\n");
    let data = BASE64.encode(packets);
    let mut rest = data.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII, so every index is a boundary.
        let (line, after) = rest.split_at_checked(ARMOR_WIDTH).unwrap_or((rest, ""));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    if let Some(checksum) = checksum {
        out.push('=');
        out.push_str(checksum);
        out.push('\n');
    }
    out.push_str(END_SIGNATURE);
    if ends_with_newline {
        out.push('\n');
    }
    out.into_bytes()
}

/// The armor's checksum, four base64 characters (RFC 9580, section 6.1.1).
fn crc24_base64(data: &[u8]) -> String {
    let crc = data.iter().fold(CRC24_INIT, |crc, &byte| {
        let index = ((crc >> 16) as u8) ^ byte;
        // 256 entries and a u8: always there.
        ((crc << 8) & 0x00FF_FFFF) ^ CRC24_TABLE.get(usize::from(index)).copied().unwrap_or_default()
    });
    let [_, high, middle, low] = crc.to_be_bytes();
    BASE64.encode([high, middle, low])
}

const CRC24_INIT: u32 = 0x00B7_04CE;
const CRC24_POLYNOMIAL: u32 = 0x0186_4CFB;
const CRC24_TABLE: [u32; 256] = crc24_table();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time; the index is below the length"
)]
const fn crc24_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < table.len() {
        let mut crc = (index as u32) << 16;
        let mut bit = 0;
        while bit < 8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= CRC24_POLYNOMIAL;
            }
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests;
