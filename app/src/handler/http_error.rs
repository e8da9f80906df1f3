//! Requests that get no stream, and how they are answered.

use http::StatusCode;
use sse_core::ports::TokenError;
use std::fmt;

/// Names that clients write where `tickers` is meant, as the answer names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NearlyTickers {
    /// `ticker`
    Singular,
    /// `tickers[]`, or with an index or a key between the brackets.
    Array,
}

impl fmt::Display for NearlyTickers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Singular => "ticker",
            Self::Array => "tickers[]",
        })
    }
}

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
    /// 400: the parameter's name is nearly the one that is meant, and without it everything would be streamed.
    #[error("unknown parameter `{0}`: the tickers are named as tickers=A,B")]
    UnknownParameter(NearlyTickers),
    /// 401
    #[error("no valid token")]
    Unauthorized(TokenError),
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
            Self::TooManyTickers { .. } | Self::BadTicker | Self::UnknownParameter(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::LookupFailed => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
