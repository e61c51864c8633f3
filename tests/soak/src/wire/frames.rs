//! HTTP/2 as it passes by: frames, and the names of the calls (RFC 9113 section 4.1, RFC 7541).

use std::collections::HashMap;

/// What a client sends first (RFC 9113, section 3.4).
const PREFACE: usize = 24;
/// Octets before the payload of a frame.
const HEADER: usize = 9;

/// Types of frames that matter here (RFC 9113, section 6).
pub mod kind {
    /// DATA.
    pub const DATA: u8 = 0;
    /// HEADERS.
    pub const HEADERS: u8 = 1;
    /// PING.
    pub const PING: u8 = 6;
    /// Not of the protocol: the client's preface.
    pub const PREFACE: u8 = 255;
}

const END_STREAM: u8 = 0x1;
const ACK: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// A frame with its header, as it was sent.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Its type.
    pub kind: u8,
    flags: u8,
    /// Its stream.
    pub stream: u32,
    /// All its octets.
    pub bytes: Vec<u8>,
}

impl Frame {
    /// The last one of its direction on its stream.
    pub fn ends_stream(&self) -> bool {
        matches!(self.kind, kind::DATA | kind::HEADERS) && self.flags & END_STREAM != 0
    }

    /// The answer to a PING.
    pub fn is_pong(&self) -> bool {
        self.kind == kind::PING && self.flags & ACK != 0
    }

    /// Its octets after the header.
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(HEADER..).unwrap_or_default()
    }

    /// The header block of a HEADERS frame that is whole (RFC 9113, section 6.2).
    fn block(&self) -> Option<&[u8]> {
        if self.kind != kind::HEADERS || self.flags & END_HEADERS == 0 {
            return None;
        }
        let mut payload = self.payload();
        let mut padding = 0;
        if self.flags & PADDED != 0 {
            let (first, rest) = payload.split_first()?;
            (padding, payload) = (usize::from(*first), rest);
        }
        if self.flags & PRIORITY != 0 {
            payload = payload.get(5..)?;
        }
        payload.get(..payload.len().checked_sub(padding)?)
    }
}

/// A PING as a peer sends it (RFC 9113, section 6.7).
pub fn ping() -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, kind::PING, 0, 0, 0, 0, 0];
    bytes.extend(b"kvitsoak");
    bytes
}

/// Octets of one direction, cut into frames.
#[derive(Debug)]
pub struct Frames {
    held: Vec<u8>,
    preface: bool,
}

impl Frames {
    /// Of the client's direction, which begins with the preface.
    pub fn of_client() -> Self {
        Self {
            held: Vec::new(),
            preface: true,
        }
    }

    /// Of the server's direction.
    pub fn of_server() -> Self {
        Self {
            held: Vec::new(),
            preface: false,
        }
    }

    /// More octets.
    pub fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// The next whole frame.
    pub fn whole(&mut self) -> Option<Frame> {
        if self.preface {
            if self.held.len() < PREFACE {
                return None;
            }
            self.preface = false;
            let bytes = self.held.drain(..PREFACE).collect();
            return Some(Frame {
                kind: kind::PREFACE,
                flags: 0,
                stream: 0,
                bytes,
            });
        }
        let header: [u8; HEADER] = self.held.get(..HEADER)?.try_into().ok()?;
        let length = usize::from(header[0]) << 16 | usize::from(header[1]) << 8 | usize::from(header[2]);
        if self.held.len() < HEADER + length {
            return None;
        }
        let bytes = self.held.drain(..HEADER + length).collect();
        Some(Frame {
            kind: header[3],
            flags: header[4],
            stream: u32::from_be_bytes([header[5] & 0x7f, header[6], header[7], header[8]]),
            bytes,
        })
    }
}

/// The names of the calls of one connection by stream.
pub struct Calls {
    decoder: loona_hpack::Decoder<'static>,
    names: HashMap<u32, String>,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            decoder: loona_hpack::Decoder::new(),
            names: HashMap::new(),
        }
    }
}

impl Calls {
    /// Takes in a frame of the client's. Every HEADERS frame must pass here: the compression remembers.
    pub fn heard(&mut self, frame: &Frame) {
        let Some(block) = frame.block() else { return };
        let Ok(headers) = self.decoder.decode(block) else {
            return;
        };
        if let Some((_, path)) = headers.iter().find(|(name, _)| name == b":path") {
            let path = String::from_utf8_lossy(path);
            let name = path.rsplit('/').next().unwrap_or_default();
            self.names.insert(frame.stream, name.to_owned());
        }
    }

    /// The rpc of a stream.
    pub fn name(&self, stream: u32) -> Option<&str> {
        self.names.get(&stream).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(stream: u8, block: &[u8]) -> Vec<u8> {
        let length = u8::try_from(block.len()).unwrap();
        let mut bytes = vec![0, 0, length, kind::HEADERS, END_HEADERS, 0, 0, 0, stream];
        bytes.extend_from_slice(block);
        bytes
    }

    #[test]
    fn octets_become_frames_however_they_are_cut() {
        let mut sent = vec![b'P'; PREFACE];
        sent.extend(headers(3, b"abc"));
        sent.extend(ping());
        for step in 1..sent.len() {
            let mut frames = Frames::of_client();
            let mut seen = Vec::new();
            for part in sent.chunks(step) {
                frames.push(part);
                while let Some(frame) = frames.whole() {
                    seen.push((frame.kind, frame.stream, frame.payload().len()));
                }
            }
            assert_eq!(
                seen,
                [(kind::PREFACE, 0, 15), (kind::HEADERS, 3, 3), (kind::PING, 0, 8)]
            );
        }
    }

    #[test]
    fn a_call_is_named_also_when_its_path_is_only_remembered() {
        let mut encoder = loona_hpack::Encoder::new();
        let mut calls = Calls::default();
        for stream in [1, 3, 5] {
            let fields: [(&[u8], &[u8]); 2] = [
                (b":method", b"POST"),
                (b":path", b"/CoreSchema.V1.TradeApi/PayInvoiceFromBalance"),
            ];
            let mut block = Vec::new();
            encoder.encode_into(fields, &mut block).unwrap();
            let mut frames = Frames::of_server();
            frames.push(&headers(stream, &block));
            calls.heard(&frames.whole().unwrap());
            assert_eq!(calls.name(u32::from(stream)), Some("PayInvoiceFromBalance"));
        }
        assert_eq!(calls.name(7), None);
    }
}
