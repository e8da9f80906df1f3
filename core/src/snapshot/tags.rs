//! The pages of a `tags` set. Together they name every ticker, in ranges without a gap between them.

use crate::item::Ticker;
use xxhash_rust::xxh64::{Xxh64, xxh64};

/// The bytes of a page's line that are available for its entries; a line has at most 32 KiB.
pub(super) const PAGE_BYTES: usize = 31 * 1_024;
/// A page ends after about one name in this many, chosen by the name's hash: a name that is added or removed then
/// changes its own page, and not the pages after it.
const NAMES_PER_PAGE: u64 = 512;
/// Sorts before every name or equal to the first: a name begins with no blank and no control character.
const FIRST: &str = "!";
/// Sorts after every name or equal to the last: 64 bytes, the longest name, of the last character there is.
const LAST: &str = concat!(
    "\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}",
    "\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}"
);

/// One page: all tickers from `from` to `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagsPage {
    /// Inclusive; no possible name lies between the end of one page and the beginning of the next.
    pub from: Box<str>,
    /// Inclusive.
    pub to: Box<str>,
    names: u64,
}

/// The pages of these tickers, which are given in order.
pub(super) fn pages<'t>(tickers: impl Iterator<Item = &'t Ticker>) -> Vec<TagsPage> {
    let mut pages = Vec::new();
    let mut from: Box<str> = FIRST.into();
    let (mut names, mut bytes, mut last) = (Xxh64::new(0), 0, None::<&Ticker>);
    for ticker in tickers {
        let entry = entry_bytes(ticker);
        if let Some(end) = last.filter(|end| bytes + entry > PAGE_BYTES || ends_page(end)) {
            let next = behind(end.as_str());
            pages.push(TagsPage { from, to: end.as_str().into(), names: names.digest() });
            (from, names, bytes) = (next, Xxh64::new(0), 0);
        }
        names.update(ticker.as_str().as_bytes());
        names.update(&[0]);
        bytes += entry;
        last = Some(ticker);
    }
    pages.push(TagsPage { from, to: LAST.into(), names: names.digest() });
    pages
}

/// The smallest name after this one: no name contains a character below the blank.
fn behind(name: &str) -> Box<str> {
    format!("{name} ").into()
}

fn ends_page(ticker: &Ticker) -> bool {
    xxh64(ticker.as_str().as_bytes(), 1).is_multiple_of(NAMES_PER_PAGE)
}

/// The maximum length of `"NAME":COUNT,`.
pub(super) fn entry_bytes(ticker: &Ticker) -> usize {
    // Of the characters that a name may contain, JSON escapes quotes and backslashes to two bytes, and U+2028 and
    // U+2029, which have three bytes, to six.
    let escapes = ticker.as_str().chars().filter(|c| matches!(c, '"' | '\\' | '\u{2028}' | '\u{2029}')).count();
    ticker.as_str().len() + 3 * escapes + r#""":18446744073709551615,"#.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tickers(names: impl Iterator<Item = String>) -> Vec<Ticker> {
        let mut all: Vec<_> = names.filter_map(|name| Ticker::parse(&name)).collect();
        all.sort();
        all
    }

    #[test]
    fn pages_leave_no_gap_and_a_new_name_changes_one() {
        let mut all = tickers((0..5_000).map(|n| format!("T{n}")));
        let before = pages(all.iter());
        assert!((5..20).contains(&before.len()), "{}", before.len());
        assert_eq!((&*before[0].from, &*before[before.len() - 1].to), (FIRST, LAST));
        for pair in before.windows(2) {
            assert_eq!(*pair[1].from, format!("{} ", pair[0].to));
        }
        for ticker in &all {
            let on = before.iter().filter(|page| (&*page.from..=&*page.to).contains(&ticker.as_str())).count();
            assert_eq!(on, 1, "{ticker}");
        }
        let new = Ticker::parse("T2500X").expect("a ticker");
        all.insert(all.binary_search(&new).unwrap_err(), new);
        let after = pages(all.iter());
        assert_eq!(after.iter().filter(|page| !before.contains(page)).count(), 1);
    }

    #[test]
    fn long_names_end_a_page_early() {
        let all = tickers((0..2_000).map(|n| format!("{n:\"<60}")));
        let set = pages(all.iter());
        for page in &set {
            let on = all.iter().filter(|t| (&*page.from..=&*page.to).contains(&t.as_str()));
            assert!(on.map(entry_bytes).sum::<usize>() <= PAGE_BYTES);
        }
    }

    #[test]
    fn the_last_names_there_can_be_are_on_the_last_page() {
        let ends = ["\u{10ffff}".to_owned(), "\u{10ffff}A".to_owned(), "\u{10ffff}".repeat(16)];
        let all = tickers(ends.into_iter());
        assert_eq!(all.len(), 3);
        let set = pages(all.iter());
        assert!(all.iter().all(|ticker| ticker.as_str() <= &*set[set.len() - 1].to));
    }

    #[test]
    fn no_tickers_are_one_page() {
        let none = pages(std::iter::empty());
        assert_eq!((none.len(), &*none[0].from, &*none[0].to), (1, FIRST, LAST));
    }
}
