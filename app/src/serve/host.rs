//! Which host a request means. A name that only resolves to this machine is not its name.

use http::{HeaderMap, Uri, header::HOST, uri::Authority};
use std::net::IpAddr;

/// Whether the request names a loopback host. Without a `Host`, which HTTP/1.0 allows, it names none: no browser sends that.
pub(super) fn is_local(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter().map(|value| value.to_str().ok()?.parse::<Authority>().ok());
    uri.host().is_none_or(is_loopback) && hosts.all(|host| host.is_some_and(|host| is_loopback(host.host())))
}

/// Whether a host's name or address is this machine's own: `localhost`, a name below it (RFC 6761), a loopback address.
pub(super) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or_else(
        |_| host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost"),
        |address| address.is_loopback(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn check(uri: &str, hosts: &[&'static str], local: bool) {
        let headers = hosts.iter().map(|host| (HOST, HeaderValue::from_static(host))).collect();
        assert_eq!(is_local(&uri.parse().unwrap(), &headers), local, "{uri} {hosts:?}");
    }

    #[test]
    fn only_names_of_this_machine_are_local() {
        for host in
            ["localhost", "LOCALHOST:9000", "app.localhost:1", "127.0.0.1:9000", "127.8.9.1", "[::1]:9000", "[::1]"]
        {
            check("/", &[host], true);
        }
        for host in
            ["example.com", "localhost.example.com", "127.0.0.1.example.com:9000", "10.0.0.1", "[::2]:1", "", "a b"]
        {
            check("/", &[host], false);
        }
        check("/", &[], true);
        check("http://example.com/x", &["localhost"], false);
        check("http://localhost:9000/x", &["localhost:9000"], true);
        check("/", &["localhost", "example.com"], false);
    }
}
