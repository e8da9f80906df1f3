//! From method and path to the route. It is strict: a path with a trailing slash is another path, and escapes are
//! decoded in the id only.

use super::http_error::HttpError;
use http::Method;
use percent_encoding::percent_decode_str;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    Status,
    All,
    Configured { id: String },
}

pub(super) fn find(method: &Method, path: &str) -> Result<Route, HttpError> {
    let route = match segments(path).as_slice() {
        ["api", "v2", "stream"] => Route::All,
        ["api", "v2", "stream", "status"] => Route::Status,
        ["api", "v2", "configurations", id, "stream"] => {
            Route::Configured { id: percent_decode_str(id).decode_utf8_lossy().into_owned() }
        }
        _ => return Err(HttpError::UnknownPath),
    };
    if method == Method::GET { Ok(route) } else { Err(HttpError::Method) }
}

/// Between slashes, repeated ones collapsed; a trailing slash leaves an empty last segment, which no route has.
pub(crate) fn segments(path: &str) -> Vec<&str> {
    let mut segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if path.ends_with('/') {
        segments.push("");
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, found: &Result<Route, HttpError>) {
        assert_eq!(&find(&Method::GET, path), found, "{path}");
    }

    #[test]
    fn paths_are_found_with_their_slashes_collapsed() {
        let configured = |id: &str| Ok(Route::Configured { id: id.to_owned() });
        check("/api/v2/stream", &Ok(Route::All));
        check("//api///v2//stream", &Ok(Route::All));
        check("/api/v2/stream/status", &Ok(Route::Status));
        check("/api/v2/configurations/c-1/stream", &configured("c-1"));
        check("/api/v2/configurations/a%2Fb%20c+d/stream", &configured("a/b c+d"));
        check("/api/v2/configurations/stream/stream", &configured("stream"));
    }

    #[test]
    fn anything_else_is_unknown_a_trailing_slash_too() {
        for path in [
            "",
            "/",
            "/api/v2",
            "/api/v2/stream/",
            "/api/v2/stream//",
            "/api/v2/stream/status/",
            "/api/v2/Stream",
            "/api/v2/%73tream",
            "/api/v2/configurations/stream",
            "/api/v2/configurations//stream",
            "/api/v2/configurations/a/b/stream",
            "/api/v2/configurations/a/stream/",
            "/api/v1/stream",
        ] {
            check(path, &Err(HttpError::UnknownPath));
        }
    }

    #[test]
    fn known_paths_take_nothing_but_get() {
        for method in [Method::HEAD, Method::POST, Method::OPTIONS, Method::DELETE] {
            assert_eq!(find(&method, "/api/v2/stream/status"), Err(HttpError::Method));
            assert_eq!(find(&method, "/api/v2/nothing"), Err(HttpError::UnknownPath));
        }
    }
}
