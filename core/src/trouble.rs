//! Whether something fails, as an operator knows it: told when it begins to fail, when it fails for another reason, and when it works
//! again; not once a call.

use lambda_trace::CallError;
use std::borrow::Cow;

/// What was told last: the type of the error; `None`: that it works, or nothing yet.
#[derive(Debug, Default)]
pub struct Trouble(Option<Cow<'static, str>>);

impl Trouble {
    /// Whether this outcome is news: it differs from the last one. Another error is news, because the operator has to
    /// act differently.
    pub fn is_news(&mut self, error: Option<&CallError>) -> bool {
        let error_type = error.map(|error| &error.error_type);
        let is_news = self.0.as_ref() != error_type;
        self.0 = error_type.cloned();
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_trace::{AwsCall, Failure};

    /// Rule: Told.
    #[test]
    fn a_change_is_news_and_nothing_else() {
        let error = |error_type: &'static str| CallError {
            failure: Failure::Denied,
            error_type: error_type.into(),
            detail: String::new(),
            report: AwsCall::default(),
        };
        let (one, other) = (error("One"), error("Other"));
        let mut trouble = Trouble::default();
        assert!(!trouble.is_news(None), "nobody heard of any");
        let told = [Some(&one), Some(&one), Some(&other), Some(&one), None, None].map(|error| trouble.is_news(error));
        assert_eq!(told, [true, false, true, true, true, false]);
    }
}
