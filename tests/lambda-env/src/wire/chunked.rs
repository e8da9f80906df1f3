//! Chunked transfer coding, read so that every chunk stays the chunk it was on the wire. It reads no socket.

use bytes::{Buf, Bytes, BytesMut};
use http::HeaderMap;

use super::{Malformed, head::header_map};

/// The longest size line accepted, extensions included.
const MAX_LINE: usize = 1_024;
/// The largest single chunk accepted: Lambda's limit for a whole response.
const MAX_CHUNK: usize = 200 * 1_024 * 1_024;
const MAX_TRAILERS: usize = 32;

/// What stood at the front of the buffer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Not enough bytes yet; nothing was taken.
    More,
    /// One whole chunk.
    Chunk(Bytes),
    /// The last chunk, with the trailers that followed it.
    End(HeaderMap),
}

/// Takes one whole chunk, or the end, off the front of `buffer`.
pub(super) fn take_chunk(buffer: &mut BytesMut) -> Result<Step, Malformed> {
    let Some(line) = buffer.windows(2).position(|pair| pair == b"\r\n") else {
        return if buffer.len() > MAX_LINE { Err(Malformed("chunk size line")) } else { Ok(Step::More) };
    };
    let size = chunk_size(&buffer[..line])?;
    if size == 0 {
        return take_trailers(buffer, line + 2);
    }
    let end = line + 2 + size;
    if buffer.len() < end + 2 {
        return Ok(Step::More);
    }
    if &buffer[end..end + 2] != b"\r\n" {
        return Err(Malformed("end of chunk"));
    }
    buffer.advance(line + 2);
    let chunk = buffer.split_to(size).freeze();
    buffer.advance(2);
    Ok(Step::Chunk(chunk))
}

fn chunk_size(line: &[u8]) -> Result<usize, Malformed> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let text = std::str::from_utf8(digits).map_err(|_| Malformed("chunk size"))?;
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let size = usize::from_str_radix(text, 16).map_err(|_| Malformed("chunk size"))?;
    if plain && size <= MAX_CHUNK { Ok(size) } else { Err(Malformed("chunk size")) }
}

fn take_trailers(buffer: &mut BytesMut, from: usize) -> Result<Step, Malformed> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_TRAILERS];
    match httparse::parse_headers(&buffer[from..], &mut fields) {
        Ok(httparse::Status::Partial) => Ok(Step::More),
        Ok(httparse::Status::Complete((length, fields))) => {
            let trailers = header_map(fields)?;
            buffer.advance(from + length);
            Ok(Step::End(trailers))
        }
        Err(_) => Err(Malformed("trailers")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Vec<Bytes>, Option<HeaderMap>) {
        let mut buffer = BytesMut::from(bytes);
        let mut chunks = Vec::new();
        loop {
            match take_chunk(&mut buffer).unwrap() {
                Step::Chunk(chunk) => chunks.push(chunk),
                Step::End(trailers) => return (chunks, Some(trailers)),
                Step::More => return (chunks, None),
            }
        }
    }

    #[test]
    fn chunks_that_arrive_in_one_read_stay_apart() {
        let (chunks, end) = read(b"3\r\nabc\r\n8\r\n\0\0\0\0\0\0\0\0\r\n5;x=y\r\nhe\r\nl\r\n0\r\n\r\n");
        assert_eq!(chunks, [&b"abc"[..], &[0; 8][..], &b"he\r\nl"[..]]);
        assert!(end.unwrap().is_empty());
    }

    #[test]
    fn trailers_are_kept() {
        let (_, end) = read(b"0\r\nLambda-Runtime-Function-Error-Type: Boom\r\nX: 1\r\n\r\n");
        let trailers = end.unwrap();
        assert_eq!(trailers["lambda-runtime-function-error-type"], "Boom");
        assert_eq!(trailers.len(), 2);
    }

    #[test]
    fn nothing_is_taken_before_it_is_whole() {
        let whole = b"3\r\nabc\r\n0\r\nA: b\r\n\r\n";
        for cut in 0..8 {
            assert!(read(&whole[..cut]).0.is_empty(), "at {cut}");
        }
        for cut in 8..whole.len() {
            assert!(read(&whole[..cut]).1.is_none(), "at {cut}");
        }
    }

    #[test]
    fn broken_framing_is_an_error() {
        for broken in ["+3\r\nabc\r\n", "\r\nabc", "zz\r\n", "3\r\nabcd\r\n", "ffffffffff\r\n", "0\r\n\0\r\n\r\n"] {
            assert!(take_chunk(&mut BytesMut::from(broken)).is_err(), "{broken:?}");
        }
    }
}
