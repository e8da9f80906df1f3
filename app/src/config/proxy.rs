//! Proxies of the environment. The HTTP client of AWS calls goes through those that it understands, and past the others in silence:
//! those are refused here.

use http::Uri;

/// What is said of a proxy behind the name of its variable. Its address may hold a password, so it is not quoted.
pub(crate) const UNUSABLE: &str = "is not the address of a proxy that speaks HTTP, as http://host:port";

/// As other programs read them; a name in small letters counts as well.
pub(super) const NAMES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The name of a proxy that cannot be used, if there is one.
pub(crate) fn unusable(environment: &dyn Fn(&str) -> Option<String>) -> Option<&'static str> {
    let is_bad = |name: &&str| environment(name).is_some_and(|value| !value.is_empty() && !is_proxy(&value));
    NAMES.into_iter().find(is_bad)
}

fn is_proxy(text: &str) -> bool {
    let speaks_http = |uri: &Uri| matches!(uri.scheme_str(), None | Some("http" | "https"));
    text.parse::<Uri>().is_ok_and(|uri| uri.authority().is_some() && speaks_http(&uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_would_go_past_is_refused_by_name() {
        let found =
            |name: &'static str, value: &'static str| unusable(&|asked| (asked == name).then(|| value.to_owned()));
        for good in ["http://proxy:3128", "proxy:3128", "https://user:secret@proxy", "http://proxy:3128/", ""] {
            assert_eq!(found("HTTPS_PROXY", good), None, "{good}");
        }
        for bad in ["socks5://proxy:1080", "http://a proxy", "/proxy", "http://"] {
            for name in NAMES {
                assert_eq!(found(name, bad), Some(name), "{bad}");
            }
        }
    }
}
