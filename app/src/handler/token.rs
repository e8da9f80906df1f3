//! Where a token may stand. It is read from here and shown to the verifier, and goes nowhere else.

use super::{query, response::Request};
use http::header::AUTHORIZATION;
use std::borrow::Cow;

/// `Authorization: Bearer …`, else the query's `user_token`: EventSource cannot send headers.
pub(super) fn find(request: &Request) -> Option<Cow<'_, str>> {
    let bearer = request.headers.get_all(AUTHORIZATION).iter().find_map(|value| {
        let (scheme, token) = value.to_str().ok()?.trim().split_once(' ')?;
        // Another scheme is not ours to judge: a Function URL may itself ask for a signature here.
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
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
    fn the_query_is_for_those_who_cannot_send_one() {
        check(&[], "a=1&user_token=x%2Ey", Some("x.y"));
        check(&["AWS4-HMAC-SHA256 Credential=x"], "user_token=x", Some("x"));
        check(&[], "user_token=", None);
        check(&["Bearer"], "", None);
    }
}
