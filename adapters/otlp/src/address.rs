//! Checks that a URL names something that can be connected to. The URL parser accepts any text as a port and then
//! reports that there is none, so that 80 would be used silently. Opens no connection.

use http::Uri;

/// A URL with scheme, host and path, with a valid port if it names one, and without user information, which would not
/// be sent.
pub fn parse(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let authority = uri.authority()?;
    let rest = authority.as_str().strip_prefix(authority.host())?;
    let is_whole = uri.scheme().is_some() && !authority.host().is_empty();
    (is_whole && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))).then_some(uri)
}

/// Digits only, because the parser would accept a sign as well.
fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_port_is_one_and_there_is_no_user() {
        for good in ["http://h", "http://h:1", "http://h:65535/a?b", "https://[::1]:4318/x", "http://[::1]"] {
            assert!(parse(good).is_some(), "{good}");
        }
        for port in ["", "abc", "-1", "+1", "0", "65536", "99999", "80a", " 80"] {
            assert!(parse(&format!("http://h:{port}")).is_none(), "{port}");
            assert!(parse(&format!("http://[::1]:{port}/x")).is_none(), "{port}");
        }
        for bad in ["", "h", "h:1", "/x", "http://", "http:///x", "http://u@h", "http://u:p@h:1", "not a url"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
