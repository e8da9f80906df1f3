//! Why an item cannot be used. Names the attribute and the rule it breaks, never the text that breaks it.

/// The first rule that an item breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum ItemProblem {
    /// Absent, empty or not a string.
    #[error("source_id is absent, empty or not a string")]
    SourceId,
    /// Absent or not in one of the accepted forms.
    #[error("updated_at is not a UTC date like 2026-11-22T08:00:00.000Z")]
    UpdatedAt,
    /// Dated after the [`latest_date`](super::latest_date).
    #[error("updated_at is more than 5 minutes ahead of this clock")]
    UpdatedAtAhead,
    /// Not one of the three sentiments.
    #[error("sentiment is not positive, neutral or negative")]
    Sentiment,
    /// Absent or not a number.
    #[error("score is absent or not a number")]
    Score,
    /// A number outside `-1..=1`.
    #[error("score is not within -1 and 1")]
    ScoreRange,
    /// Absent, or neither a list nor a set of strings.
    #[error("matched_tickers is absent or not a list or set of strings")]
    Tickers,
    /// An entry that cannot be a ticker.
    #[error("matched_tickers has an entry that is no ticker")]
    Ticker,
    /// An entry that the `tickers` query, which separates names by commas, could not ask for.
    #[error("matched_tickers has an entry with a comma")]
    TickerComma,
    /// Not a number of seconds.
    #[error("ttl_timestamp is not a number of seconds")]
    Ttl,
}

impl ItemProblem {
    /// The attribute that is at fault.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::SourceId => "source_id",
            Self::UpdatedAt | Self::UpdatedAtAhead => "updated_at",
            Self::Sentiment => "sentiment",
            Self::Score | Self::ScoreRange => "score",
            Self::Tickers | Self::Ticker | Self::TickerComma => "matched_tickers",
            Self::Ttl => "ttl_timestamp",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_begins_with_its_attribute() {
        use ItemProblem as P;
        let all = [
            P::SourceId,
            P::UpdatedAt,
            P::UpdatedAtAhead,
            P::Sentiment,
            P::Score,
            P::ScoreRange,
            P::Tickers,
            P::Ticker,
            P::TickerComma,
            P::Ttl,
        ];
        for problem in all {
            assert!(problem.to_string().starts_with(problem.attribute()), "{problem:?}");
        }
    }
}
