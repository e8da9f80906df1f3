//! One trace as a waterfall in a terminal: a line a span, indented below its parent, with its place in time.

use std::collections::BTreeSet;

use super::{palette::Palette, traces::Bar};

/// Columns of a name with its indentation, of its origin, and of the time line.
const NAME: usize = 30;
const ORIGIN: usize = 22;
const LINE: usize = 30;
/// Lines of one trace; a long stream has thousands of spans.
const LINES: usize = 40;

/// Draws the spans of one trace.
pub(super) fn draw(bars: &[Bar], palette: Palette) -> Vec<String> {
    let end = |bar: &Bar| bar.end_ns.unwrap_or(bar.start_ns);
    let (Some(from), Some(to)) = (bars.iter().map(|bar| bar.start_ns).min(), bars.iter().map(end).max()) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let ordered = in_order(bars);
    for (depth, bar) in ordered.iter().take(LINES) {
        let name = cut(&format!("{}{}", "  ".repeat(*depth), bar.name), NAME);
        let origin = palette.dim(&format!("{:<ORIGIN$}", cut(&bar.origin, ORIGIN)));
        let (start, length) = place((bar.start_ns, end(bar)), (from, to));
        let mark = "█".repeat(length);
        let mark = if bar.is_error { palette.bad(&mark) } else { palette.good(&mark) };
        let line = format!("{}{mark}{}", " ".repeat(start), " ".repeat(LINE - start - length));
        let time = bar.end_ns.map_or("goes on".to_owned(), |end| milliseconds(end.saturating_sub(bar.start_ns)));
        let error = if bar.is_error { palette.bad("  failed") } else { String::new() };
        lines.push(format!("{name:<NAME$}  {origin}  {line}  {time:>9}{error}"));
    }
    if ordered.len() > LINES {
        lines.push(format!("and {} more", ordered.len() - LINES));
    }
    lines
}

/// Depth first, by start; what hangs under nothing that is here comes as a root.
fn in_order(bars: &[Bar]) -> Vec<(usize, &Bar)> {
    let ids: BTreeSet<&str> = bars.iter().map(|bar| bar.id.as_str()).collect();
    let mut sorted: Vec<&Bar> = bars.iter().collect();
    sorted.sort_by_key(|bar| bar.start_ns);
    let is_root = |bar: &Bar| bar.parent.as_deref().is_none_or(|parent| !ids.contains(parent) || parent == bar.id);
    let mut stack: Vec<(usize, &Bar)> = sorted.iter().rev().filter(|bar| is_root(bar)).map(|bar| (0, *bar)).collect();
    let (mut ordered, mut seen) = (Vec::new(), BTreeSet::new());
    while let Some((depth, bar)) = stack.pop() {
        if seen.insert(bar.id.as_str()) {
            ordered.push((depth, bar));
            let children = sorted.iter().rev().filter(|child| child.parent.as_deref() == Some(bar.id.as_str()));
            stack.extend(children.map(|child| (depth + 1, *child)));
        }
    }
    ordered
}

/// Where a span is on the time line: columns before it, and its own, at least one.
fn place((start, end): (u64, u64), (from, to): (u64, u64)) -> (usize, usize) {
    let whole = (to - from).max(1);
    let column = |at: u64| {
        let column = u128::from(at - from) * LINE as u128 / u128::from(whole);
        usize::try_from(column).unwrap_or(LINE)
    };
    let first = column(start).min(LINE - 1);
    (first, column(end).clamp(first + 1, LINE) - first)
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width - 1).chain(['…']).collect()
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn milliseconds(ns: u64) -> String {
    format!("{:.1} ms", ns as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stamp;

    fn bar(id: &str, parent: &str, from: u64, to: u64) -> Bar {
        Bar {
            id: id.to_owned(),
            parent: Some(parent.to_owned()),
            trace: String::new(),
            name: id.to_owned(),
            origin: "span".to_owned(),
            start_ns: from * 1_000_000,
            end_ns: Some(to * 1_000_000),
            is_error: false,
            at: Stamp::now(),
        }
    }

    #[test]
    fn children_stand_below_their_parents_and_at_their_time() {
        let bars = [bar("late", "root", 50, 100), bar("root", "absent", 0, 100), bar("early", "root", 0, 1)];
        let lines = draw(&bars, Palette::detect(true));
        let shapes: Vec<(&str, usize)> = lines.iter().map(|line| (&line[..8], line.matches('█').count())).collect();
        assert_eq!(shapes, [("root    ", 30), ("  early ", 1), ("  late  ", 15)]);
        assert!(lines[0].ends_with("100.0 ms"), "{}", lines[0]);
    }

    #[test]
    fn spans_in_a_circle_or_without_number_end_all_the_same() {
        let bars = [bar("a", "a", 0, 0)];
        assert_eq!(draw(&bars, Palette::detect(true)).len(), 1);
        let many: Vec<Bar> = (0..100).map(|n| bar(&n.to_string(), "", n, n + 1)).collect();
        assert_eq!(draw(&many, Palette::detect(true)).last().unwrap(), "and 60 more");
    }
}
