//! An adapter that only a decorator can open: an untraced call does not compile outside this crate.

use std::sync::Arc;

/// Wraps an adapter so that calls can be made only through [`crate::traced`].
pub struct Untraced<T: ?Sized>(Arc<T>);

impl<T: ?Sized> Untraced<T> {
    /// Wraps the adapter. A clone of `inner` that is kept would bypass the decorators; `app`'s `compose` keeps none.
    pub const fn new(inner: Arc<T>) -> Self {
        Self(inner)
    }

    pub(crate) fn open(&self) -> &Arc<T> {
        &self.0
    }
}

impl<T: ?Sized> Clone for Untraced<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
