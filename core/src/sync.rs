//! Locks and wakers: those of the standard library and of `futures`. In the tests of interleavings they are shuttle's, which decides
//! at each of them who goes on.

#[cfg(not(feature = "shuttle"))]
pub(crate) use futures::task::AtomicWaker;
#[cfg(feature = "shuttle")]
pub(crate) use instrumented::AtomicWaker;
#[cfg(feature = "shuttle")]
pub(crate) use shuttle::sync::{Mutex, MutexGuard};
#[cfg(not(feature = "shuttle"))]
pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(feature = "shuttle")]
mod instrumented {
    use shuttle::sync::Mutex;
    use std::{sync::PoisonError, task::Waker};

    /// As the one of `futures`, but others may come before it is registered or woken.
    pub(crate) struct AtomicWaker(Mutex<Option<Waker>>);

    impl AtomicWaker {
        pub(crate) const fn new() -> Self {
            Self(Mutex::new(None))
        }

        pub(crate) fn register(&self, waker: &Waker) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
        }

        pub(crate) fn wake(&self) {
            let waker = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
            waker.into_iter().for_each(Waker::wake);
        }
    }
}
