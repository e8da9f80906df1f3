//! Requests that get no stream, and what they are answered with.

use http::StatusCode;

/// A request that gets no stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// 404
    #[error("not found")]
    UnknownPath,
    /// 405
    #[error("method not allowed")]
    Method,
    /// 400
    #[error("more than {max} tickers")]
    TooManyTickers {
        /// So many may be named.
        max: usize,
    },
    /// 400
    #[error("not a ticker")]
    BadTicker,
    /// 401
    #[error("no valid token")]
    Unauthorized,
    /// 404
    #[error("no such configuration")]
    NoConfiguration,
    /// 503
    #[error("the configuration could not be read")]
    LookupFailed,
}

impl HttpError {
    /// The status that says so.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::UnknownPath | Self::NoConfiguration => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooManyTickers { .. } | Self::BadTicker => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::LookupFailed => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
