//! The form of `AWS_LAMBDA_RUNTIME_API`. Lambda says `host:port`; emulators that serve several functions at one address say a
//! URL with a path of this function's own. It opens no connection.

use http::uri::{Authority, PathAndQuery};

/// Authority and base path (empty, or with a slash in front and none at the end); `None` for anything else.
pub(crate) fn parts(address: &str) -> Option<(&str, &str)> {
    let address = address.strip_prefix("http://").unwrap_or(address);
    let (authority, path) = address.split_at(address.find('/').unwrap_or(address.len()));
    let is_path = path.is_empty()
        || !path.starts_with("//") && path.parse::<PathAndQuery>().is_ok_and(|path| path.query().is_none());
    let is_whole = is_path && authority.parse::<Authority>().is_ok();
    is_whole.then(|| (authority, path.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_base_path_may_follow_and_nothing_else() {
        assert_eq!(parts("127.0.0.1:9001"), Some(("127.0.0.1:9001", "")));
        assert_eq!(parts("http://127.0.0.1:9001/"), Some(("127.0.0.1:9001", "")));
        assert_eq!(parts("http://[::1]:9000/.rt/stream"), Some(("[::1]:9000", "/.rt/stream")));
        assert_eq!(parts("h:1/.rt/stream/"), Some(("h:1", "/.rt/stream")));
        for no_address in ["", "no address", "https://h:1", "h:1/a?b=c", "h:1/a b"] {
            assert_eq!(parts(no_address), None, "{no_address}");
        }
    }
}
