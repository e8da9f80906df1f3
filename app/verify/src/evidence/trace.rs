//! One trace, as it was read back.

use super::{Node, NodeKind};
use std::collections::BTreeSet;

/// Names of the spans of the streaming phase that are no AWS calls.
pub const STREAMING_SPANS: [&str; 4] = ["sse_stream", "connection_acquire", "connection_release", "sse_event_dispatch"];
/// The handler phase's subsegment.
const HANDLER: &str = "## handler";
/// Phases that Lambda draws into the function's segment, in both of its forms.
const LAMBDA_PHASES: [&str; 6] = ["Initialization", "Init", "Invocation", "Overhead", "Restore", "Extension Overhead"];
/// Nesting deeper than this is a circle.
const DEPTH_MAX: usize = 64;

/// Where a trace was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceStore {
    /// X-Ray's own, by `BatchGetTraces`.
    XRay,
    /// Transaction Search.
    TransactionSearch,
}

/// A phase of an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Until the handler returned.
    Handler,
    /// While the body streamed.
    Streaming,
}

/// A trace.
#[derive(Clone, Debug)]
pub struct Trace {
    /// `1-8hex-24hex`.
    pub id: String,
    /// Where it was read from.
    pub store: TraceStore,
    /// X-Ray refused documents because the trace had become too large.
    pub is_limit_exceeded: bool,
    /// Everything in it.
    pub nodes: Vec<Node>,
    /// Documents that are no JSON, or of a form that is not known.
    pub unreadable: usize,
}

impl Trace {
    /// Out of the documents that the API returned. The same document in two pages counts once.
    pub fn new<'d>(id: &str, store: TraceStore, documents: impl IntoIterator<Item = &'d str>) -> Self {
        let documents: BTreeSet<&str> = documents.into_iter().collect();
        let mut trace = Self { id: id.to_owned(), store, is_limit_exceeded: false, nodes: Vec::new(), unreadable: 0 };
        for document in documents {
            match Node::of_document(document) {
                Some(nodes) => trace.nodes.extend(nodes),
                None => trace.unreadable += 1,
            }
        }
        trace.nodes.sort_by(|a, b| a.start.total_cmp(&b.start).then_with(|| a.id.cmp(&b.id)));
        trace
    }

    /// The entry with this id.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The entries of this name.
    pub fn named<'t>(&'t self, name: &'t str) -> impl Iterator<Item = &'t Node> {
        self.nodes.iter().filter(move |node| node.name == name)
    }

    /// The span of the stream itself.
    pub fn stream(&self) -> Option<&Node> {
        self.named("sse_stream").next()
    }

    /// The subsegment of the handler phase.
    pub fn handler(&self) -> Option<&Node> {
        self.named(HANDLER).next()
    }

    /// Segments, inferred ones left out.
    pub fn segments(&self) -> impl Iterator<Item = (&Node, Option<&str>)> {
        self.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::Segment { origin } => Some((node, origin.as_deref())),
            _ => None,
        })
    }

    /// Lambda's two segments, in the order of their start.
    pub fn lambda_segments(&self) -> impl Iterator<Item = &Node> {
        self.segments().filter(|(_, origin)| origin.is_some_and(|o| o.starts_with("AWS::Lambda"))).map(|(node, _)| node)
    }

    /// The function's own segment: what both phases hang under.
    pub fn function_segment(&self) -> Option<&Node> {
        self.segments().find(|(_, origin)| *origin == Some("AWS::Lambda::Function")).map(|(node, _)| node)
    }

    /// Entries that stand for AWS calls, inferred segments left out.
    pub fn calls(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.call.is_some() && node.kind != NodeKind::Inferred)
    }

    /// The entry that an entry lies under, a phase that Lambda draws itself passed over: in the old form the function's
    /// subsegments lie inside of `Invocation`, in the new one directly under the segment.
    pub fn effective_parent(&self, node: &Node) -> Option<&Node> {
        let mut parent = self.node(node.parent.as_deref()?)?;
        while LAMBDA_PHASES.contains(&parent.name.as_str()) && parent.kind == NodeKind::Subsegment {
            parent = self.node(parent.parent.as_deref()?)?;
        }
        Some(parent)
    }

    /// The phase that an entry belongs to: by its name, else by what it lies under.
    pub fn phase(&self, node: &Node) -> Option<Phase> {
        let mut node = node;
        for _ in 0..DEPTH_MAX {
            if node.name == HANDLER {
                return Some(Phase::Handler);
            }
            if STREAMING_SPANS.contains(&node.name.as_str()) {
                return Some(Phase::Streaming);
            }
            node = self.node(node.parent.as_deref()?)?;
        }
        None
    }

    /// The entries of a phase, inferred segments left out.
    pub fn of_phase(&self, phase: Phase) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(move |node| node.kind != NodeKind::Inferred && self.phase(node) == Some(phase))
    }

    /// Entries whose parent is not in the trace. Lambda's service segment may name the caller's, which is elsewhere.
    pub fn orphans(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| {
            let is_lambda =
                matches!(&node.kind, NodeKind::Segment { origin } if origin.as_deref() == Some("AWS::Lambda"));
            node.parent.as_deref().is_some_and(|parent| !is_lambda && self.node(parent).is_none())
        })
    }

    /// Whether an entry is the read of a part of the table: in X-Ray's form it bears the service's name.
    pub fn is_poll(node: &Node) -> bool {
        node.name == "dynamodb_poll" || node.call.as_ref().is_some_and(|call| call.operation == "Query")
    }
}
