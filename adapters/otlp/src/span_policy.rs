//! Which spans of a trace are kept when it does not fit, by the names of the service that makes them. The pipeline
//! itself knows no name of a span: spans that are not named here are folded, except the stream's own span.

/// The names, shares and reserved places of a service.
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
    /// The part of a trace's budget that is reserved for the places below and for the first errors, in estimated bytes
    /// of X-Ray documents.
    pub reserve_bytes: usize,
    /// How the rest of the budget is divided.
    pub accounts: Vec<Account>,
    /// Reserved places, for spans without which a trace cannot be understood.
    pub places: Vec<Place>,
    /// Attributes that are removed last from a span that is too large.
    pub essential: Vec<&'static str>,
}

/// Names of spans that share a part of the budget, so that frequent small spans cannot displace rare large ones.
#[derive(Clone, Debug)]
pub struct Account {
    /// The names.
    pub names: Vec<&'static str>,
    /// The share, relative to the sum of all shares.
    pub share: u32,
}

/// A place in the reserve.
#[derive(Clone, Debug)]
pub struct Place {
    /// The name of the spans that may take it.
    pub name: &'static str,
    /// Which of those spans may take it.
    pub which: Which,
    /// The size, in estimated bytes of a document with a resource of usual size. Spans are cut to it, so that none
    /// takes another's place.
    pub bytes: usize,
}

/// Which spans of a name may take a reserved place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The first span.
    First,
    /// The first span with each value of this attribute.
    FirstOfEach {
        /// The key of the attribute, whose values are texts.
        attribute: &'static str,
        /// The number of values that have a place.
        values_max: usize,
    },
    /// The last span of the stream. Which one that is turns out at the end of the stream, so the newest one that did
    /// not fit is kept until then.
    Last,
}

impl Default for SpanPolicy {
    /// A reserve of 16 kB, and no names: everything is folded except the stream's own span and the first errors.
    fn default() -> Self {
        Self { reserve_bytes: 16_000, accounts: Vec::new(), places: Vec::new(), essential: Vec::new() }
    }
}

impl SpanPolicy {
    /// Adds names that share a part of the budget.
    #[must_use]
    pub fn share(mut self, names: &[&'static str], share: u32) -> Self {
        self.accounts.push(Account { names: names.to_vec(), share });
        self
    }

    /// Adds a reserved place.
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.places.push(place);
        self
    }
}

impl Place {
    /// A place for the first span of a name.
    pub const fn first(name: &'static str, bytes: usize) -> Self {
        Self { name, which: Which::First, bytes }
    }

    /// A place for the first span of a name with each of so many values of an attribute.
    pub const fn first_of_each(name: &'static str, attribute: &'static str, values_max: usize, bytes: usize) -> Self {
        Self { name, which: Which::FirstOfEach { attribute, values_max }, bytes }
    }

    /// A place for the last span of a name.
    pub const fn last(name: &'static str, bytes: usize) -> Self {
        Self { name, which: Which::Last, bytes }
    }

    /// The size of all spans that may take it together, if each needs `extra` bytes more.
    pub(crate) const fn all_bytes(&self, extra: usize) -> usize {
        let spans = match self.which {
            Which::First | Which::Last => 1,
            Which::FirstOfEach { values_max, .. } => values_max,
        };
        spans * (self.bytes + extra)
    }
}
