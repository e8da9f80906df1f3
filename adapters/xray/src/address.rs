//! `AWS_XRAY_DAEMON_ADDRESS`: `host:port`, or `tcp:host:port udp:host:port` in either order.

use std::{fmt, net::SocketAddr, str::FromStr};

/// The longest name that DNS knows, in bytes.
const NAME_BYTES_MAX: usize = 253;

/// The text is not an address of a daemon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not of the form host:port or `tcp:host:port udp:host:port`")]
pub struct AddressError(String);

/// The UDP address to which documents are sent. Parsing it looks nothing up, so a name that does not resolve (yet) is a
/// valid address.
///
/// ```
/// use lambda_trace_xray::DaemonAddress;
/// # fn main() -> Result<(), lambda_trace_xray::AddressError> {
/// let daemon: DaemonAddress = "tcp:127.0.0.1:2000 udp:xray-daemon:2000".parse()?;
/// assert_eq!(daemon, DaemonAddress::Name { host: "xray-daemon".into(), port: 2000 });
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DaemonAddress {
    /// An IP address with a port, as Lambda sets it.
    Socket(SocketAddr),
    /// A name that has to be looked up, for example of a daemon in another container.
    Name {
        /// The name.
        host: String,
        /// The UDP port.
        port: u16,
    },
}

impl FromStr for DaemonAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.to_owned());
        let mut parts = text.split_whitespace();
        let udp = match (parts.next(), parts.next(), parts.next()) {
            (Some(both), None, None) => both,
            (Some(one), Some(other), None) => {
                let (tcp, udp) = if one.starts_with("udp:") { (other, one) } else { (one, other) };
                tcp.strip_prefix("tcp:").ok_or_else(wrong)?;
                udp.strip_prefix("udp:").ok_or_else(wrong)?
            }
            _ => return Err(wrong()),
        };
        if let Ok(address) = udp.parse() {
            return Ok(Self::Socket(address));
        }
        let (host, port) = udp.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?;
        if is_name(host) { Ok(Self::Name { host: host.to_owned(), port }) } else { Err(wrong()) }
    }
}

impl fmt::Display for DaemonAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(address) => address.fmt(f),
            Self::Name { host, port } => write!(f, "{host}:{port}"),
        }
    }
}

/// Underscores are permitted, because container names have them. Digits and dots alone would be an invalid IP address.
fn is_name(host: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    host.len() <= NAME_BYTES_MAX
        && host.chars().all(is_known)
        && !host.starts_with(['.', '-'])
        && host.chars().any(|c| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let address = text.parse().ok().map(|address| match address {
            DaemonAddress::Socket(_) => address.to_string(),
            DaemonAddress::Name { host, port } => format!("{host} at {port}"),
        });
        assert_eq!(address.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn reads_both_forms() {
        check("127.0.0.1:2000", Some("127.0.0.1:2000"));
        check("[::1]:2000", Some("[::1]:2000"));
        check("tcp:127.0.0.1:2000 udp:127.0.0.2:2001", Some("127.0.0.2:2001"));
        check("udp:127.0.0.2:2001 tcp:127.0.0.1:2000", Some("127.0.0.2:2001"));
    }

    #[test]
    fn a_name_is_an_address_whether_it_resolves_or_not() {
        check("xray-daemon:2000", Some("xray-daemon at 2000"));
        check("tcp:xray_daemon:2000 udp:xray.internal:2001", Some("xray.internal at 2001"));
    }

    #[test]
    fn refuses_what_is_no_address() {
        for bad in [
            "",
            "127.0.0.1",
            "127.0.0.1:x",
            "127.0.0:2000",
            "xray-daemon",
            "xray-daemon:0",
            "xray-daemon:70000",
            ":2000",
            "http://xray-daemon:2000",
            "xray daemon:2000",
            "tcp:127.0.0.1:2000",
            "udp:127.0.0.1:1 udp:127.0.0.1:2",
            "127.0.0.1:1 127.0.0.1:2",
            "tcp:127.0.0.1:1 udp:127.0.0.1:2 udp:127.0.0.1:3",
        ] {
            check(bad, None);
        }
    }
}
