//! The value of a span's attribute, in plain types.

use std::borrow::Cow;

/// The attribute that lists the keys of the attributes that X-Ray is to index as annotations. It is not an annotation
/// itself.
pub const ANNOTATIONS: &str = "aws.xray.annotations";

/// An attribute's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text.
    Str(Cow<'static, str>),
    /// A whole number.
    Int(i64),
    /// A boolean.
    Bool(bool),
    /// Several texts.
    List(Vec<Cow<'static, str>>),
}

impl Value {
    /// The text, if the value is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Str(s) = self { Some(s) } else { None }
    }

    /// The number, if the value is one.
    pub const fn as_int(&self) -> Option<i64> {
        if let Self::Int(n) = self { Some(*n) } else { None }
    }
}

impl From<&'static str> for Value {
    fn from(s: &'static str) -> Self {
        Self::Str(Cow::Borrowed(s))
    }
}

impl From<String> for Value {
    fn from(s: String) -> Self {
        Self::Str(Cow::Owned(s))
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

macro_rules! from_whole_numbers {
    ($($t:ty),*) => {$(
        impl From<$t> for Value {
            /// Saturates, because OpenTelemetry has no unsigned 64-bit numbers.
            fn from(n: $t) -> Self {
                Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
            }
        }
    )*};
}
from_whole_numbers!(u32, u64, usize);
