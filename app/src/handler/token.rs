//! Where a token may be. It is passed to the verifier, and goes nowhere else.

use super::{query, response::Request};
use http::{HeaderName, header::AUTHORIZATION};
use std::borrow::Cow;

const X_USER_AUTHORIZATION: HeaderName = HeaderName::from_static("x-user-authorization");

/// `Authorization: Bearer …`, else `X-User-Authorization: Bearer …` (a distribution that signs its requests owns the first),
/// else the query's `user_token`: EventSource cannot send headers.
pub(super) fn find(request: &Request) -> Option<Cow<'_, str>> {
    let bearer = |name: HeaderName| {
        request.headers.get_all(name).iter().find_map(|value| {
            let (scheme, token) = value.to_str().ok()?.trim().split_once(' ')?;
            // Another scheme is not ours to judge: a Function URL may itself ask for a signature here.
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        })
    };
    let bearer = bearer(AUTHORIZATION).or_else(|| bearer(X_USER_AUTHORIZATION));
    bearer.map(Cow::Borrowed).or_else(|| query::value(&request.query, "user_token").map(Cow::Owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue, Method};

    fn check(authorization: &[&'static str], query: &str, token: Option<&str>) {
        let mut headers = HeaderMap::new();
        for value in authorization {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        let request = Request { method: Method::GET, path: String::new(), query: query.to_owned(), headers };
        assert_eq!(find(&request).as_deref(), token);
    }

    #[test]
    fn the_header_comes_first() {
        check(&["Bearer a.b.c"], "user_token=x", Some("a.b.c"));
        check(&["bearer   a.b.c "], "", Some("a.b.c"));
        check(&["Basic xyz", "BEARER a"], "", Some("a"));
    }

    #[test]
    fn a_signature_owns_authorization_behind_a_distribution() {
        let find = |pairs: &[(&'static str, &'static str)]| {
            let headers =
                pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect();
            let request = Request { method: Method::GET, path: String::new(), query: "user_token=q".into(), headers };
            find(&request).map(Cow::into_owned)
        };
        let signed = ("authorization", "AWS4-HMAC-SHA256 Credential=x");
        let user = ("x-user-authorization", "Bearer u");
        assert_eq!(find(&[signed, user]).as_deref(), Some("u"));
        assert_eq!(find(&[("authorization", "Bearer a"), user]).as_deref(), Some("a"));
        assert_eq!(find(&[("x-user-authorization", "Basic u")]).as_deref(), Some("q"));
    }

    #[test]
    fn the_query_is_for_those_who_cannot_send_one() {
        check(&[], "a=1&user_token=x%2Ey", Some("x.y"));
        check(&["AWS4-HMAC-SHA256 Credential=x"], "user_token=x", Some("x"));
        check(&[], "user_token=", None);
        check(&["Bearer"], "", None);
    }
}
