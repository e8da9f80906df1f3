//! How a function is deployed, as far as a test decides on it.

use std::{collections::BTreeMap, time::Duration};

/// The form of Lambda's own lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// `REPORT RequestId: …`
    Text,
    /// `{"type":"platform.report",…}`
    Json,
}

impl LogFormat {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Json => "JSON",
        }
    }
}

/// How a function is deployed. Take [`Plan::new`] and change what matters.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The function's name.
    pub name: String,
    /// Its variables, beside those that the fixture needs.
    pub variables: BTreeMap<String, String>,
    /// The form of its log.
    pub format: LogFormat,
    /// Workers of each environment where it runs on Managed Instances; `None`: on demand.
    pub workers: Option<usize>,
    /// What becomes of each line before Logs has it.
    pub line: fn(String) -> String,
}

impl Plan {
    /// A function whose streams last so long.
    pub fn new(name: &str, stream: Duration) -> Self {
        let variables =
            [("SSE_STREAM_MAX_MS", stream.as_millis().to_string()), ("SSE_METRICS", "cloudwatch".to_owned())];
        Self {
            name: name.to_owned(),
            variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
            format: LogFormat::Text,
            workers: None,
            line: |line| line,
        }
    }

    /// With one more variable.
    #[must_use]
    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }
}
