//! An error and what caused it, in one line.

use std::error::Error;

/// The error's own words, then those of each cause. Errors of this repository leave their causes out of their own words.
pub fn with_causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot be sent")]
    struct Unsent(#[source] std::io::Error);

    #[test]
    fn causes_follow_in_their_order() {
        let error = Unsent(std::io::Error::other("connection refused"));
        assert_eq!(with_causes(&error), "cannot be sent: connection refused");
        assert_eq!(with_causes(&std::io::Error::other("alone")), "alone");
    }
}
