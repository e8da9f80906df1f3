//! The value of `AWS_LAMBDA_RUNTIME_API`. Lambda sets `host:port`; emulators that serve several functions at one
//! address set a URL with a path for this function. Opens no connection.

use http::{
    HeaderValue,
    uri::{Authority, PathAndQuery},
};
use std::str::FromStr;

/// The address of the Runtime API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Host and port.
    authority: String,
    /// The value of the `Host` header.
    host: HeaderValue,
    /// The prefix of every path: empty, or with a slash in front and none at the end.
    base: String,
}

/// Neither `host:port` nor an `http` URL with host, port and path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not host:port")]
pub struct AddressError;

impl Address {
    /// Host and port, to connect to.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    pub(crate) const fn host(&self) -> &HeaderValue {
        &self.host
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let text = text.strip_prefix("http://").unwrap_or(text);
        let (authority, path) = text.split_at(text.find('/').unwrap_or(text.len()));
        let is_path = path.is_empty()
            || !path.starts_with("//") && path.parse::<PathAndQuery>().is_ok_and(|path| path.query().is_none());
        let parsed: Authority = authority.parse().map_err(|_| AddressError)?;
        // Without a port nothing could be connected to; whoever stands before an @ is no part of a host.
        let is_host_and_port = parsed.port_u16().is_some_and(|port| port > 0) && !authority.contains('@');
        if !is_path || !is_host_and_port || parsed.host().is_empty() {
            return Err(AddressError);
        }
        let host = HeaderValue::from_str(authority).map_err(|_| AddressError)?;
        Ok(Self { authority: authority.to_owned(), host, base: path.trim_end_matches('/').to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(String, String)> {
        let address: Address = text.parse().ok()?;
        Some((address.authority, address.base))
    }

    #[test]
    fn a_base_path_may_follow_and_nothing_else() {
        for (text, authority, base) in [
            ("127.0.0.1:9001", "127.0.0.1:9001", ""),
            (" 127.0.0.1:9001\n", "127.0.0.1:9001", ""),
            ("http://127.0.0.1:9001/", "127.0.0.1:9001", ""),
            ("http://[::1]:9000/.rt/stream", "[::1]:9000", "/.rt/stream"),
            ("h:1/.rt/stream/", "h:1", "/.rt/stream"),
        ] {
            assert_eq!(parts(text), Some((authority.to_owned(), base.to_owned())), "{text:?}");
        }
        for no_address in [
            "",
            "no address",
            "https://h:1",
            "h:1/a?b=c",
            "h:1/a b",
            "h",
            "127.0.0.1",
            "h:",
            "h:0",
            ":1",
            "h:x",
            "u@h:1",
        ] {
            assert_eq!(parts(no_address), None, "{no_address:?}");
        }
    }
}
