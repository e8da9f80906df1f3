//! The trace header of an invocation (`X-Amzn-Trace-Id`, `Lambda-Runtime-Trace-Id`). It knows nothing of spans.

use std::fmt;

use crate::ids::Ids;

/// A well-formed header: `Root=1-8hex-24hex;Parent=16hex;Sampled=0|1`. `Parent` is the id of the function's own segment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TraceHeader {
    /// `1-8hex-24hex`.
    pub root: String,
    /// 16 hex digits: the function's segment, the parent of everything that the function records.
    pub parent: String,
    /// The sampling decision.
    pub sampled: bool,
}

impl TraceHeader {
    /// A new trace, sampled.
    pub fn generate(ids: &Ids) -> Self {
        Self { root: ids.trace(), parent: ids.segment(), sampled: true }
    }

    /// What Lambda makes of the header that a caller sent: the caller's trace and decision with the function's own segment as
    /// parent. Without a root that can be used it is a new trace, sampled.
    pub fn of_caller(header: &str, ids: &Ids) -> Self {
        let generated = Self::generate(ids);
        let part = |name: &str| header.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let sampled = part("Sampled") != Some("0");
        let candidate = |root: &str| Self::parse(&format!("Root={root};Parent={};Sampled=1", generated.parent));
        part("Root").and_then(candidate).map_or(generated.clone(), |caller| caller.sampled(sampled))
    }

    /// The same trace with another decision.
    #[must_use]
    pub fn sampled(mut self, sampled: bool) -> Self {
        self.sampled = sampled;
        self
    }

    /// Reads a header strictly: `None` unless `Root`, `Parent` and `Sampled` are there and well-formed. Unknown parts are
    /// passed over.
    pub fn parse(header: &str) -> Option<Self> {
        let part = |name: &str| {
            let mut values = header.split(';').filter_map(|part| part.strip_prefix(name)?.strip_prefix('='));
            values.next()
        };
        let (root, parent) = (part("Root")?, part("Parent")?);
        let sampled = match part("Sampled")? {
            "1" => true,
            "0" => false,
            _ => return None,
        };
        let id = root.strip_prefix("1-").and_then(|id| id.split_once('-'))?;
        let well_formed = hex(id.0, 8) && hex(id.1, 24) && hex(parent, 16);
        well_formed.then(|| Self { root: root.to_owned(), parent: parent.to_owned(), sampled })
    }

    /// The trace id as OpenTelemetry writes it: 32 hex digits.
    pub fn trace_id(&self) -> String {
        self.root.trim_start_matches("1-").replace('-', "")
    }
}

impl fmt::Display for TraceHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root={};Parent={};Sampled={}", self.root, self.parent, u8::from(self.sampled))
    }
}

fn hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_header_reads_back() {
        let header = TraceHeader::generate(&Ids::seeded(3));
        assert_eq!(TraceHeader::parse(&header.to_string()), Some(header.clone()));
        assert_eq!(header.trace_id().len(), 32);
        assert!(!TraceHeader::parse(&header.sampled(false).to_string()).unwrap().sampled);
    }

    #[test]
    fn order_and_unknown_parts_do_not_matter_and_anything_else_is_no_header() {
        let root = "1-67891233-abcdef012345678912345678";
        let whole = format!("Sampled=1;Lineage=1:73f724a8:0;Parent=53995c3f42cd8ad8;Root={root}");
        assert_eq!(TraceHeader::parse(&whole).unwrap().root, root);
        for broken in [
            "",
            "garbage",
            &format!("Root={root};Sampled=1"),
            &format!("Root={root};Parent=53995c3f42cd8ad8"),
            &format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=?"),
            &format!("Root={root};Parent=53995C3F42CD8AD8;Sampled=1"),
            "Root=1-6789-abc;Parent=53995c3f42cd8ad8;Sampled=1",
        ] {
            assert_eq!(TraceHeader::parse(broken), None, "{broken}");
        }
    }
}
