//! Spans in the order in which they are drawn: each below its parent, siblings by their start.

use crate::span::{HANDLER, Phase, SpanRecord};
use std::collections::{HashMap, HashSet};

/// A span in its place.
pub(super) struct Node<'s> {
    pub(super) span: &'s SpanRecord,
    pub(super) phase: Phase,
    /// The lines of the tree to the left of its name, and to the left of what stands below the name.
    pub(super) branch: String,
    pub(super) below: String,
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
    for root in roots {
        let phase = if root.name == HANDLER { Phase::Handler } else { Phase::Streaming };
        place(root, phase, None, &mut children, &mut nodes);
    }
    // Spans that are each other's parents hang nowhere; they are shown all the same.
    let mut rest: Vec<_> = children.into_values().flatten().collect();
    rest.sort_by_key(|span| span.start_ns);
    for span in rest {
        place(span, Phase::Streaming, None, &mut HashMap::new(), &mut nodes);
    }
    nodes
}

/// `among`: the lines of the tree that pass by on the left, and whether this is the last of its siblings; none at the top.
fn place<'s>(
    span: &'s SpanRecord,
    phase: Phase,
    among: Option<(&str, bool)>,
    children: &mut HashMap<&str, Vec<&'s SpanRecord>>,
    nodes: &mut Vec<Node<'s>>,
) {
    let inner = children.remove(span.span_id.as_str()).unwrap_or_default();
    let (branch, passing) = match among {
        None => (String::new(), String::new()),
        Some((left, true)) => (format!("{left}└ "), format!("{left}  ")),
        Some((left, false)) => (format!("{left}├ "), format!("{left}│ ")),
    };
    let below = format!("{passing}{}", if inner.is_empty() { "  " } else { "│ " });
    nodes.push(Node { span, phase, branch, below });
    let count = inner.len();
    for (index, child) in inner.into_iter().enumerate() {
        place(child, phase, Some((&passing, index + 1 == count)), children, nodes);
    }
}
