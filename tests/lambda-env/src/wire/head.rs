//! The head of a request, from bytes. It reads no body and no socket.

use bytes::{Buf, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

use super::Malformed;

/// More than any client here sends; beyond it the request is refused.
const MAX_HEADERS: usize = 100;

/// Takes one request head off the front of `buffer`, or `None` while it is incomplete.
pub(super) fn take_head(buffer: &mut BytesMut) -> Result<Option<Request<()>>, Malformed> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(buffer) {
        Ok(httparse::Status::Partial) => return Ok(None),
        Ok(httparse::Status::Complete(length)) => length,
        Err(_) => return Err(Malformed("request head")),
    };
    let mut request = Request::new(());
    let method = parsed.method.unwrap_or_default().as_bytes();
    *request.method_mut() = Method::from_bytes(method).map_err(|_| Malformed("method"))?;
    *request.uri_mut() = parsed.path.unwrap_or_default().parse::<Uri>().map_err(|_| Malformed("target"))?;
    *request.headers_mut() = header_map(parsed.headers)?;
    buffer.advance(length);
    Ok(Some(request))
}

/// Headers or trailers as a map.
pub(super) fn header_map(parsed: &[httparse::Header<'_>]) -> Result<HeaderMap, Malformed> {
    let mut map = HeaderMap::new();
    for field in parsed {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| Malformed("header name"))?;
        map.append(name, HeaderValue::from_bytes(field.value).map_err(|_| Malformed("header value"))?);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_taken_once_it_is_whole_and_the_rest_stays() {
        let whole = b"POST /a/b?c=d HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
        for cut in 0..whole.len() - 3 {
            let mut buffer = BytesMut::from(&whole[..cut]);
            assert!(take_head(&mut buffer).unwrap().is_none(), "at {cut}");
            assert_eq!(buffer.len(), cut);
        }
        let mut buffer = BytesMut::from(&whole[..]);
        let head = take_head(&mut buffer).unwrap().unwrap();
        assert_eq!((head.method(), head.uri().path(), head.uri().query()), (&Method::POST, "/a/b", Some("c=d")));
        assert_eq!(head.headers()["host"], "x");
        assert_eq!(&buffer[..], b"abc");
    }

    #[test]
    fn what_is_not_http_is_refused() {
        assert_eq!(take_head(&mut BytesMut::from("\0\0\0")).unwrap_err(), Malformed("request head"));
    }
}
