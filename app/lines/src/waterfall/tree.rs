//! Spans in the order in which they are drawn: each below its parent, siblings by their start.

use crate::span::{HANDLER, Phase, SpanRecord};
use std::collections::{HashMap, HashSet};

/// A span in its place.
pub(super) struct Node<'s> {
    pub(super) span: &'s SpanRecord,
    pub(super) depth: usize,
    pub(super) phase: Phase,
    is_last: bool,
}

impl Node<'_> {
    /// What is drawn before the name.
    pub(super) fn branch(&self) -> String {
        match self.depth {
            0 => String::new(),
            depth => format!("{}{} ", "  ".repeat(depth - 1), if self.is_last { "└" } else { "├" }),
        }
    }
}

/// The handler phase first, then the streaming phase. A span whose parent is not there stands at the top: its parent is the
/// segment that Lambda made, or was delivered while this one was not.
pub(super) fn forest<'s>(spans: &[&'s SpanRecord]) -> Vec<Node<'s>> {
    let ids: HashSet<&str> = spans.iter().map(|span| span.span_id.as_str()).collect();
    let mut children: HashMap<&str, Vec<&'s SpanRecord>> = HashMap::new();
    for span in spans {
        let is_below = ids.contains(span.parent_id.as_str()) && span.parent_id != span.span_id;
        children.entry(if is_below { span.parent_id.as_str() } else { "" }).or_default().push(span);
    }
    for siblings in children.values_mut() {
        siblings.sort_by_key(|span| (span.start_ns, span.end_ns));
    }
    let mut nodes = Vec::with_capacity(spans.len());
    let mut roots = children.remove("").unwrap_or_default();
    roots.sort_by_key(|span| (span.name != HANDLER, span.start_ns));
    let count = roots.len();
    for (index, root) in roots.into_iter().enumerate() {
        let phase = if root.name == HANDLER { Phase::Handler } else { Phase::Streaming };
        place(root, 0, phase, index + 1 == count, &mut children, &mut nodes);
    }
    // Spans that are each other's parents hang nowhere; they are shown all the same.
    let mut rest: Vec<_> = children.into_values().flatten().collect();
    rest.sort_by_key(|span| span.start_ns);
    nodes.extend(rest.into_iter().map(|span| Node { span, depth: 0, phase: Phase::Streaming, is_last: true }));
    nodes
}

fn place<'s>(
    span: &'s SpanRecord,
    depth: usize,
    phase: Phase,
    is_last: bool,
    children: &mut HashMap<&str, Vec<&'s SpanRecord>>,
    nodes: &mut Vec<Node<'s>>,
) {
    nodes.push(Node { span, depth, phase, is_last });
    let below = children.remove(span.span_id.as_str()).unwrap_or_default();
    let count = below.len();
    for (index, child) in below.into_iter().enumerate() {
        place(child, depth + 1, phase, index + 1 == count, children, nodes);
    }
}
