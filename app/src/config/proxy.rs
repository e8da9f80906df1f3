//! Proxies of the environment. The HTTP client of AWS calls goes through those that it understands, and past the others in silence:
//! those are refused here.

use http::Uri;

/// What is said of a proxy behind the name of its variable. Its address may hold a password, so it is not quoted.
pub(crate) const UNUSABLE: &str = "is not the address of a proxy that speaks HTTP, as http://host:port";

/// Where a proxy for calls by HTTPS is named, as other programs read it; a name in small letters counts as well.
pub(super) const FOR_HTTPS: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The same for calls by HTTP alone.
const FOR_HTTP: [&str; 2] = ["HTTP_PROXY", "http_proxy"];

/// All of them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FOR_HTTPS.into_iter().chain(FOR_HTTP)
}

/// The name of a proxy that cannot be used, if there is one.
pub(crate) fn unusable(environment: &dyn Fn(&str) -> Option<String>) -> Option<&'static str> {
    let is_bad = |name: &&str| environment(name).is_some_and(|value| !value.is_empty() && !is_proxy(&value));
    names().find(is_bad)
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
            for name in names() {
                assert_eq!(found(name, bad), Some(name), "{bad}");
            }
        }
    }
}
