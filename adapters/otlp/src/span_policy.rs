//! What of a trace is kept when it does not fit, in the words of the service that makes the spans. The pipeline knows no name of a
//! span: what is not named here is folded, but for the stream's own span.

/// Names, shares and places.
///
/// ```
/// use lambda_trace_otlp::{Place, SpanPolicy};
///
/// // Half of the room for queries, half for tokens; the first query of all is always shown, and so is the last token.
/// let policy = SpanPolicy::default()
///     .share(&["query"], 1)
///     .share(&["token"], 1)
///     .place(Place::first("query", 900))
///     .place(Place::last("token", 600));
/// # assert_eq!(policy.places.len(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct SpanPolicy {
    /// Of the budget of a trace, what is set aside for the places below and for the first errors, in estimated bytes of X-Ray
    /// documents.
    pub reserve_bytes: usize,
    /// How the rest is shared.
    pub accounts: Vec<Account>,
    /// Spans without which a trace cannot be read.
    pub places: Vec<Place>,
    /// Attributes that a span which is too large gives up last.
    pub essential: Vec<&'static str>,
}

/// Spans that share a part of the budget, so that cheap ones cannot starve dear ones.
#[derive(Clone, Debug)]
pub struct Account {
    /// Their names.
    pub names: Vec<&'static str>,
    /// Its share, in parts of the sum of all shares.
    pub share: u32,
}

/// A place in the reserve.
#[derive(Clone, Debug)]
pub struct Place {
    /// The name of the spans that may take it.
    pub name: &'static str,
    /// Which of them do.
    pub which: Which,
    /// Its size, in estimated bytes of a document with the usual share of the resource in it. Spans are cut to it, so that none takes
    /// another's.
    pub bytes: usize,
}

/// Which spans of a name take a reserved place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The first.
    First,
    /// The first with each value of this attribute.
    FirstOfEach {
        /// Its key; a text.
        attribute: &'static str,
        /// So many values have a place.
        values_max: usize,
    },
    /// The last of the stream. Until the stream ends nobody knows which one that is: the newest one that did not fit is kept.
    Last,
}

impl Default for SpanPolicy {
    /// A reserve of 16 kB, and no names: everything is folded but the stream's own span and the first errors.
    fn default() -> Self {
        Self { reserve_bytes: 16_000, accounts: Vec::new(), places: Vec::new(), essential: Vec::new() }
    }
}

impl SpanPolicy {
    /// With one more account.
    #[must_use]
    pub fn share(mut self, names: &[&'static str], share: u32) -> Self {
        self.accounts.push(Account { names: names.to_vec(), share });
        self
    }

    /// With one more place.
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.places.push(place);
        self
    }
}

impl Place {
    /// For the first span of a name.
    pub const fn first(name: &'static str, bytes: usize) -> Self {
        Self { name, which: Which::First, bytes }
    }

    /// For the first span of a name with each of so many values of an attribute.
    pub const fn first_of_each(name: &'static str, attribute: &'static str, values_max: usize, bytes: usize) -> Self {
        Self { name, which: Which::FirstOfEach { attribute, values_max }, bytes }
    }

    /// For the last span of a name.
    pub const fn last(name: &'static str, bytes: usize) -> Self {
        Self { name, which: Which::Last, bytes }
    }

    /// What all spans that may take it need together, when each needs `extra` bytes more.
    pub(crate) const fn all_bytes(&self, extra: usize) -> usize {
        let spans = match self.which {
            Which::First | Which::Last => 1,
            Which::FirstOfEach { values_max, .. } => values_max,
        };
        spans * (self.bytes + extra)
    }
}
