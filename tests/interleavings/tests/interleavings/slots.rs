//! Slots: never more than there are, and none is lost.
//! Rule: Many streams.

use crate::each;
use shuttle::thread;
use sse_adapters::pool::SlotPool;
use sse_core::ports::ConnectionPool;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

#[test]
fn no_slot_is_given_twice_and_none_is_lost() {
    each(|| {
        let (pool, held) = (Arc::new(SlotPool::new(1)), Arc::<AtomicUsize>::default());
        let streams = [(); 2].map(|()| {
            let (pool, held) = (pool.clone(), held.clone());
            thread::spawn(move || {
                let Some(taken) = pool.acquire() else { return false };
                assert_eq!((taken, held.fetch_add(1, SeqCst)), (1, 0));
                thread::yield_now();
                held.fetch_sub(1, SeqCst);
                pool.release();
                true
            })
        });
        let served = streams.map(|stream| stream.join().unwrap());
        assert!(served.contains(&true), "one of two had to get it");
        assert_eq!((pool.count(), pool.acquire()), (0, Some(1)));
    });
}
