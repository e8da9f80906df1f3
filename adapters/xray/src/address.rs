//! `AWS_XRAY_DAEMON_ADDRESS`: `host:port`, or `tcp:host:port udp:host:port` in either order.

use std::net::{SocketAddr, ToSocketAddrs};

/// Not an address of a daemon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not of the form host:port or `tcp:host:port udp:host:port`")]
pub struct AddressError(String);

/// Where documents go: the UDP address of the two.
///
/// # Errors
/// If the form is another, or the host has no address.
pub fn daemon_address(text: &str) -> Result<SocketAddr, AddressError> {
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
    // Lambda gives an address; a name is looked up once, at start.
    let mut found = udp.to_socket_addrs().map_err(|_| wrong())?;
    found.next().ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let address = daemon_address(text).ok().map(|a| a.to_string());
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
    fn refuses_what_is_no_address() {
        for bad in [
            "",
            "127.0.0.1",
            "127.0.0.1:x",
            "tcp:127.0.0.1:2000",
            "udp:127.0.0.1:1 udp:127.0.0.1:2",
            "127.0.0.1:1 127.0.0.1:2",
            "tcp:127.0.0.1:1 udp:127.0.0.1:2 udp:127.0.0.1:3",
        ] {
            check(bad, None);
        }
    }
}
