//! The query string: the filter of tickers, and single values by name.

use super::http_error::{HttpError, NearlyTickers};
use sse_core::{item::Ticker, plan::View};
use std::collections::BTreeSet;

/// A filter may name this many tickers.
const TICKERS_MAX: usize = 100;

/// The part of the state that a client is to see.
pub(super) struct StreamRequest {
    pub(super) view: View,
    /// Whether the response is private, because it required a token: no cache may keep it.
    pub(super) is_private: bool,
}

/// The first value of this name that is not empty.
pub(super) fn value(query: &str, name: &str) -> Option<String> {
    values(query, name).find(|value| !value.is_empty())
}

fn values<'q>(query: &'q str, name: &'q str) -> impl Iterator<Item = String> + 'q {
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs.filter(move |(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A misspelling of `tickers`: if it were ignored, a client that asked for little would get everything.
fn nearly_tickers(query: &str) -> Option<NearlyTickers> {
    form_urlencoded::parse(query.as_bytes()).find_map(|(name, _)| {
        let name = name.to_ascii_lowercase();
        let is_array = ["ticker[", "tickers["].iter().any(|prefix| name.starts_with(prefix));
        if is_array { Some(NearlyTickers::Array) } else { (name == "ticker").then_some(NearlyTickers::Singular) }
    })
}

/// What a public stream shows: the tickers that are named, or everything.
pub(super) fn view(query: &str) -> Result<StreamRequest, HttpError> {
    let mut tickers = BTreeSet::new();
    if let Some(name) = nearly_tickers(query) {
        return Err(HttpError::UnknownParameter(name));
    }
    for list in values(query, "tickers") {
        for name in list.split(',').filter(|name| !name.trim().is_empty()) {
            tickers.insert(Ticker::parse(name).ok_or(HttpError::BadTicker)?);
            if tickers.len() > TICKERS_MAX {
                return Err(HttpError::TooManyTickers { max: TICKERS_MAX });
            }
        }
    }
    let view = View { tickers: (!tickers.is_empty()).then_some(tickers), metrics: true };
    Ok(StreamRequest { view, is_private: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tickers(query: &str) -> Result<Option<Vec<String>>, HttpError> {
        let list = |tickers: BTreeSet<Ticker>| tickers.iter().map(ToString::to_string).collect();
        view(query).map(|wanted| wanted.view.tickers.map(list))
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn tickers_are_trimmed_and_upper_cased() {
        assert_eq!(tickers("tickers=aapl,%20Msft%20,,AAPL"), Ok(Some(names(&["AAPL", "MSFT"]))));
        assert_eq!(tickers("x=1&tickers=brk.b&tickers=v+"), Ok(Some(names(&["BRK.B", "V"]))));
        assert_eq!(tickers("ticker%73=a%2Cb"), Ok(Some(names(&["A", "B"]))));
    }

    #[test]
    fn none_left_is_all() {
        for query in ["", "tickers", "tickers=", "tickers=,%20,+", "other=A", "&&=&"] {
            assert_eq!(tickers(query), Ok(None), "{query}");
        }
    }

    #[test]
    fn a_hundred_are_the_most_and_repeats_do_not_count() {
        let list = |n: usize| (0..n).map(|i| format!("t{i}")).collect::<Vec<_>>().join(",");
        assert!(tickers(&format!("tickers={},T0,t1", list(100))).is_ok());
        assert_eq!(tickers(&format!("tickers={}", list(101))), Err(HttpError::TooManyTickers { max: TICKERS_MAX }));
        assert_eq!(tickers(&format!("tickers={}", "X".repeat(65))), Err(HttpError::BadTicker));
        assert_eq!(tickers("tickers=A%0AB"), Err(HttpError::BadTicker));
    }

    #[test]
    fn a_parameter_that_is_nearly_right_is_named() {
        for (query, name) in [
            ("ticker=A", NearlyTickers::Singular),
            ("x=1&Ticker=A", NearlyTickers::Singular),
            ("tickers[]=A&tickers[]=B", NearlyTickers::Array),
            ("tickers%5B0%5D=A", NearlyTickers::Array),
            ("tickers=A&ticker=B", NearlyTickers::Singular),
        ] {
            assert_eq!(tickers(query), Err(HttpError::UnknownParameter(name)), "{query}");
        }
        let said = HttpError::UnknownParameter(NearlyTickers::Array).to_string();
        assert_eq!(said, "unknown parameter `tickers[]`: the tickers are named as tickers=A,B");
    }

    #[test]
    fn values_are_found_by_name() {
        assert_eq!(value("a=&a=1%3d2&a=3", "a").as_deref(), Some("1=2"));
        assert_eq!(value("a=1", "b"), None);
        assert_eq!(value("a==", "a").as_deref(), Some("="));
    }
}
