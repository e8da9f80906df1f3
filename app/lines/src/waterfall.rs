//! Traces as waterfalls of text: one line a span, nested as the spans are, on one axis of time.

mod bar;
mod tree;

use crate::{
    input::{Input, Ledger},
    span::{HANDLER, Phase, SpanRecord},
};
use bar::Axis;
use std::{collections::BTreeMap, fmt::Write as _};
use tree::{Node, forest};

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal; at least 40 are used.
    pub width: usize,
    /// Whether to colour phases and errors by ANSI escapes.
    pub color: bool,
}

/// Columns for the duration, behind the bars.
const DURATION_COLUMNS: usize = 12;
/// Columns for the bars, at least.
const BAR_COLUMNS_MIN: usize = 8;
/// A narrower terminal breaks lines.
const WIDTH_MIN: usize = 40;

/// Draws every trace of the input, the one that began first first.
pub fn draw(input: &Input, style: Style) -> String {
    let mut traces: BTreeMap<&str, Vec<&SpanRecord>> = BTreeMap::new();
    for span in &input.spans {
        traces.entry(&span.trace_id).or_default().push(span);
    }
    let mut traces: Vec<_> = traces.into_values().collect();
    traces.sort_by_key(|spans| spans.iter().map(|span| span.start_ns).min());
    let mut out = String::new();
    for spans in traces {
        if !out.is_empty() {
            out.push('\n');
        }
        let id = spans[0].xray_trace_id();
        let ledgers = input.ledgers.iter().filter(|ledger| ledger.trace_id == id);
        trace(&mut out, &spans, &ledgers.collect::<Vec<_>>(), style);
    }
    out
}

fn trace(out: &mut String, spans: &[&SpanRecord], ledgers: &[&Ledger], style: Style) {
    let start = spans.iter().map(|span| span.start_ns).min().unwrap_or_default();
    let end = spans.iter().map(|span| span.end_ns).max().unwrap_or_default();
    let errors = spans.iter().filter(|span| span.error.is_some()).count();
    let folded = spans.iter().find_map(|span| span.attribute("spans_folded")).unwrap_or("0");
    let width = style.width.max(WIDTH_MIN);
    let nodes = forest(spans);
    // As many columns as the names need: they say more than the bars do.
    let names = nodes.iter().map(|node| title(node).chars().count()).max().unwrap_or_default();
    let names = names.min(width / 2).min(width - DURATION_COLUMNS - BAR_COLUMNS_MIN - 2);
    let axis = Axis { start, end, columns: width - names - DURATION_COLUMNS - 2 };
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{}  {}  {} spans  {errors} failed  {folded} folded",
        spans[0].xray_trace_id(),
        duration(end - start),
        spans.len()
    );
    let mut returned = false;
    for node in &nodes {
        let is_streaming = node.phase == Phase::Streaming;
        if is_streaming && !returned && spans.iter().any(|span| span.name == HANDLER) {
            returned = true;
            let line = format!("{:─<1$}", "── the handler returned ", width);
            let _ = writeln!(out, "{}", paint(&line, "2", style));
        }
        draw_node(out, node, &axis, names, style);
    }
    for ledger in ledgers {
        draw_ledger(out, ledger, width);
    }
}

/// The fields of a ledger line, on as many lines as they need.
fn draw_ledger(out: &mut String, ledger: &Ledger, width: usize) {
    let head = if ledger.is_late { "late ledger:" } else { "ledger:" };
    let mut line = head.to_owned();
    for (index, (name, value)) in ledger.fields.iter().enumerate() {
        let comma = if index + 1 < ledger.fields.len() { "," } else { "" };
        let field = clean(&format!(" {name} {value}{comma}"));
        if line.chars().count() + field.chars().count() > width {
            let _ = writeln!(out, "{line}");
            line = " ".repeat(head.len());
        }
        line += &field;
    }
    let _ = writeln!(out, "{line}");
}

fn draw_node(out: &mut String, node: &Node<'_>, axis: &Axis, names: usize, style: Style) {
    let span = node.span;
    let name = fit(&title(node), names);
    let took = duration(span.end_ns.saturating_sub(span.start_ns));
    let bar = axis.bar(span.start_ns, span.end_ns);
    let color = match (&span.error, node.phase) {
        (Some(_), _) => "31",
        (None, Phase::Handler) => "35",
        (None, Phase::Streaming) => "36",
    };
    let line = format!("{name} {} {took:>DURATION_COLUMNS$}", paint(&bar, color, style));
    let _ = writeln!(out, "{}", line.trim_end());
    if let Some(error) = &span.error {
        let error = if error.is_empty() { "failed" } else { error };
        let text = fit(&format!("{}! {error}", node.below), names + axis.columns + DURATION_COLUMNS + 2);
        // The lines of the tree keep their colour.
        let (left, error) = text.split_at(text.find('!').unwrap_or_default());
        let _ = writeln!(out, "{left}{}", paint(error.trim_end(), "31", style));
    }
}

/// What stands before the bar.
fn title(node: &Node<'_>) -> String {
    format!("{}{}", node.branch, label(node.span))
}

/// The name, and what tells it from others of that name.
fn label(span: &SpanRecord) -> String {
    let detail = ["event_type", "sentiment_type", "rpc.method", "operation", "end_reason"];
    match detail.into_iter().find_map(|key| span.attribute(key)) {
        Some(detail) => format!("{} {detail}", span.name),
        None => span.name.clone(),
    }
}

/// A control character would move the cursor: it is replaced.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Exactly so many columns: cut with an ellipsis, or padded.
fn fit(text: &str, columns: usize) -> String {
    let mut fitted: String = clean(text).chars().take(columns + 1).collect();
    let count = fitted.chars().count();
    if count > columns {
        fitted = fitted.chars().take(columns - 1).chain(['…']).collect();
    }
    fitted.extend(std::iter::repeat_n(' ', columns.saturating_sub(count)));
    fitted
}

fn paint(text: &str, code: &str, style: Style) -> String {
    if style.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[expect(clippy::cast_precision_loss, reason = "three digits are printed")]
fn duration(ns: u64) -> String {
    match ns {
        0..1_000_000 => format!("{} µs", ns / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} ms", ns as f64 / 1e6),
        _ => format!("{:.2} s", ns as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests;
