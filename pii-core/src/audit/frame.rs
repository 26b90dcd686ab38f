//! Segments and frames, byte by byte. See `docs/audit-format.md`.

use super::entry::MAX_BYTES;

/// Bytes before the first frame of a segment.
pub(super) const HEADER_BYTES: u64 = 24;

/// The newest segment format that this program writes and reads.
pub(super) const VERSION: u32 = 1;

/// Bytes before the payload of a frame.
pub(super) const FRAME_BYTES: usize = 8;

const MAGIC: &[u8; 8] = b"PIIAUDIT";

/// `"PIIAUDIT" | version u32 LE | first entry u64 LE | CRC32C of these 20 bytes u32 LE`
pub(super) fn header(first: u64) -> [u8; HEADER_BYTES as usize] {
    let mut bytes = [0; HEADER_BYTES as usize];
    let fields = MAGIC.iter().copied().chain(VERSION.to_le_bytes()).chain(first.to_le_bytes());
    bytes.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
    let crc = bytes.first_chunk::<20>().map_or(0, |head| crc32c::crc32c(head));
    if let Some(end) = bytes.last_chunk_mut() {
        *end = crc.to_le_bytes();
    }
    bytes
}

/// What the first bytes of a segment say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// A segment that begins with this entry.
    First(u64),
    /// A segment of a newer format.
    Newer(u32),
    /// Not a segment.
    Bad,
}

pub(super) fn read_header(bytes: &[u8]) -> Header {
    let Some((head, crc)) = bytes.first_chunk::<{ HEADER_BYTES as usize }>().and_then(|b| b.split_first_chunk::<20>())
    else {
        return Header::Bad;
    };
    let [a, b, c, d] = [head.get(8..12), head.get(12..16), head.get(16..20), Some(crc)].map(le32);
    if !head.starts_with(MAGIC) || crc32c::crc32c(head) != d {
        Header::Bad
    } else if a == VERSION {
        Header::First(u64::from(c) << 32 | u64::from(b))
    } else {
        Header::Newer(a)
    }
}

fn le32(bytes: Option<&[u8]>) -> u32 {
    bytes.and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b))
}

/// Appends `length u32 LE | CRC32C u32 LE | payload`; `payload` appends the last of these.
pub(super) fn write(out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; FRAME_BYTES]);
    payload(out);
    let Some((head, payload)) = out.get_mut(start..).and_then(|frame| frame.split_first_chunk_mut::<FRAME_BYTES>())
    else {
        return;
    };
    // An entry has at most `MAX_BYTES`, so its length fits.
    let fields = (payload.len() as u32).to_le_bytes().into_iter().chain(crc32c::crc32c(payload).to_le_bytes());
    head.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
}

/// What stands at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// A whole frame, its payload and what follows.
    Whole(&'a [u8], &'a [u8]),
    /// The beginning of a frame that is not all there.
    Short,
    /// Not a frame.
    Bad,
}

pub(super) fn read(bytes: &[u8]) -> Frame<'_> {
    let Some((length, rest)) = bytes.split_first_chunk() else { return Frame::Short };
    let length = u32::from_le_bytes(*length) as usize;
    if length == 0 || length > MAX_BYTES {
        return Frame::Bad;
    }
    let Some((crc, rest)) = rest.split_first_chunk() else { return Frame::Short };
    match rest.split_at_checked(length) {
        None => Frame::Short,
        Some((payload, rest)) if crc32c::crc32c(payload) == u32::from_le_bytes(*crc) => Frame::Whole(payload, rest),
        Some(_) => Frame::Bad,
    }
}

/// The payloads of whole frames that follow each other.
pub(super) fn payloads(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk()?;
        let (payload, rest) = rest.get(4..)?.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        bytes = rest;
        Some(payload)
    })
}

/// The bytes that a payload takes in a segment.
pub(super) fn size(payload: &[u8]) -> u64 {
    (FRAME_BYTES + payload.len()) as u64
}

/// The payloads of whole frames that begin anywhere after the first byte, and where the frames begin.
pub(super) fn any_after(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 1;
    std::iter::from_fn(move || {
        loop {
            match read(bytes.get(at..).filter(|rest| !rest.is_empty())?) {
                Frame::Whole(payload, _) => {
                    let found = at;
                    at += size(payload) as usize;
                    return Some((found, payload));
                }
                Frame::Short | Frame::Bad => at += 1,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_where_its_segment_begins() {
        assert_eq!(read_header(&header(70_000_000_000)), Header::First(70_000_000_000));
        for at in 0..header(7).len() {
            let mut bytes = header(7);
            bytes[at] ^= 1;
            assert_eq!(read_header(&bytes), Header::Bad, "byte {at}");
        }
        assert_eq!(read_header(b"PIIAUDIT"), Header::Bad);
    }

    #[test]
    fn a_newer_segment_says_so() {
        let mut bytes = header(7);
        bytes[8] = 2;
        let crc = crc32c::crc32c(&bytes[..20]).to_le_bytes();
        bytes[20..].copy_from_slice(&crc);
        assert_eq!(read_header(&bytes), Header::Newer(2));
    }

    #[test]
    fn frames_follow_each_other() {
        let mut bytes = Vec::new();
        for payload in [b"one", b"two"] {
            write(&mut bytes, |out| out.extend_from_slice(payload));
        }
        let Frame::Whole(b"one", rest) = read(&bytes) else { panic!("no first frame") };
        assert_eq!(read(rest), Frame::Whole(b"two", b""));
        assert_eq!(read(&rest[..rest.len() - 1]), Frame::Short);
        bytes[9] ^= 1;
        assert_eq!(read(&bytes), Frame::Bad);
        assert_eq!(any_after(&bytes).collect::<Vec<_>>(), [(11, b"two".as_slice())]);
        assert_eq!(any_after(&bytes[..14]).count(), 0);
    }
}
