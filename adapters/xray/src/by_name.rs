//! A daemon that is known by name. Looking a name up blocks, for seconds if no name server responds, so a thread of its
//! own does it. Meanwhile the newest few documents wait. A name that does not resolve yet is tried again, and one that
//! does is looked up again from time to time, because the container behind it may have been replaced.

use super::{route::Route, told::Told};
use lambda_trace::Timestamp;
use std::{
    collections::VecDeque,
    io,
    net::{SocketAddr, ToSocketAddrs},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

/// The time between two lookups of a name that did not resolve.
const AGAIN_AFTER: Duration = Duration::from_secs(5);
/// How long the result of a lookup is used.
const GOOD_FOR: Duration = Duration::from_mins(1);
/// The number of documents that wait for a name; they have 60 kB each at most, and nearly always less than 2 kB.
const WAITING_MAX: usize = 8;

/// The lookup: the system's, or a test's.
pub(super) type Resolve = fn(&str, u16) -> io::Result<SocketAddr>;

/// IPv4 first: it is what the daemon listens on unless it is told otherwise.
pub(super) fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    let mut found: Vec<_> = (host, port).to_socket_addrs()?.collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    found.into_iter().next().ok_or_else(|| io::Error::other("the name has no address"))
}

pub(super) struct ByName<R> {
    host: String,
    port: u16,
    resolve: R,
    told: Arc<Told>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    route: Option<Route>,
    is_looking_up: bool,
    next_lookup: Timestamp,
    waiting: VecDeque<Vec<u8>>,
}

impl<R: Fn(&str, u16) -> io::Result<SocketAddr> + Send + Sync + 'static> ByName<R> {
    /// Starts to look the name up.
    pub(super) fn new(host: String, port: u16, resolve: R, told: Arc<Told>) -> Arc<Self> {
        let state = State { is_looking_up: true, ..State::default() };
        let by_name = Arc::new(Self { host, port, resolve, told, state: Mutex::new(state) });
        by_name.look_up(Timestamp::default());
        by_name
    }

    /// Sends immediately if an address is known, otherwise later.
    pub(super) fn send(self: &Arc<Self>, datagram: Vec<u8>, now: Timestamp) {
        let is_lookup_due = self.with(|state| {
            state.waiting.push_back(datagram);
            self.send_waiting(state);
            // Never further away than that, unless the clock was set back.
            let is_time = now >= state.next_lookup || now.plus(GOOD_FOR) < state.next_lookup;
            let is_due = !state.is_looking_up && is_time;
            state.is_looking_up |= is_due;
            is_due
        });
        if is_lookup_due {
            self.look_up(now);
        }
    }

    fn look_up(self: &Arc<Self>, now: Timestamp) {
        let this = self.clone();
        let look_up = move || {
            let route = (this.resolve)(&this.host, this.port).and_then(Route::open);
            this.looked_up(route, now);
        };
        if let Err(error) = thread::Builder::new().name("xray-daemon-lookup".into()).spawn(look_up) {
            self.looked_up(Err(error), now);
        }
    }

    /// A failed lookup leaves the previous address in use.
    fn looked_up(&self, route: io::Result<Route>, now: Timestamp) {
        self.with(|state| {
            state.is_looking_up = false;
            state.next_lookup = now.plus(if route.is_ok() { GOOD_FOR } else { AGAIN_AFTER });
            match route {
                Ok(route) => {
                    state.route = Some(route);
                    self.send_waiting(state);
                    self.told.sent();
                }
                Err(error) if state.route.is_none() => drop(self.told.failing(&self.address(), &error)),
                Err(_) => {}
            }
        });
    }

    fn send_waiting(&self, state: &mut State) {
        let Some(route) = &state.route else {
            let surplus = state.waiting.len().saturating_sub(WAITING_MAX);
            state.waiting.drain(..surplus);
            self.told.lost(surplus as u64);
            return;
        };
        for datagram in state.waiting.drain(..) {
            match route.send(&datagram) {
                Ok(()) => self.told.sent(),
                Err(error) => {
                    self.told.lost(1);
                    self.told.failing(&self.address(), &error);
                }
            }
        }
    }

    fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// What is locked is whole after every statement, so a panic elsewhere does not spoil it.
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        net::{Ipv4Addr, UdpSocket},
        sync::mpsc::{Sender, channel},
    };

    type Answer = io::Result<SocketAddr>;
    type Daemon = Arc<ByName<Box<dyn Fn(&str, u16) -> Answer + Send + Sync>>>;

    /// A daemon whose name resolves to what the sender says, lookup after lookup.
    fn daemon() -> (Daemon, Sender<Answer>) {
        let (answers, asked) = channel();
        let asked = Mutex::new(asked);
        let resolve = move |host: &str, port: u16| {
            assert_eq!((host, port), ("xray-daemon", 2000));
            asked.lock().unwrap().recv().unwrap_or_else(|_| Err(io::Error::other("no more answers")))
        };
        (ByName::new("xray-daemon".into(), 2000, Box::new(resolve), Arc::default()), answers)
    }

    fn receiver() -> (UdpSocket, SocketAddr) {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    fn received(socket: &UdpSocket) -> String {
        let mut buffer = [0; 64];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    fn wait_for_lookup(daemon: &Daemon) {
        while daemon.with(|state| state.is_looking_up) {
            thread::sleep(Duration::from_millis(1));
        }
    }

    const START: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    #[test]
    fn documents_wait_for_a_name_that_resolves_later() {
        let (daemon, answers) = daemon();
        let (socket, address) = receiver();
        // The lookup hangs: nobody waits for it.
        for n in 0..10 {
            daemon.send(format!("document {n}").into_bytes(), START);
        }
        answers.send(Err(io::Error::other("no such name"))).unwrap();
        wait_for_lookup(&daemon);
        assert!(!daemon.told.failing(&"", &""), "told already");
        // Too soon for a second lookup, then late enough.
        daemon.send(b"document 10".to_vec(), Timestamp::default());
        assert!(!daemon.with(|state| state.is_looking_up));
        daemon.send(b"document 11".to_vec(), START.plus(AGAIN_AFTER));
        answers.send(Ok(address)).unwrap();
        for n in 4..12 {
            assert_eq!(received(&socket), format!("document {n}"));
        }
        assert_eq!(daemon.told.unsent(), 4, "the oldest gave way");
        assert!(daemon.told.failing(&"", &""), "recovered meanwhile");
    }

    #[test]
    fn a_daemon_that_moved_is_found_and_a_failed_lookup_keeps_the_old_address() {
        let (daemon, answers) = daemon();
        let ((old, old_address), (new, new_address)) = (receiver(), receiver());
        answers.send(Ok(old_address)).unwrap();
        wait_for_lookup(&daemon);
        daemon.send(b"one".to_vec(), START);
        assert_eq!(received(&old), "one");
        answers.send(Err(io::Error::other("the name server is busy"))).unwrap();
        wait_for_lookup(&daemon);
        assert!(daemon.told.failing(&"", &""), "an address is known, so nothing was told");
        daemon.send(b"two".to_vec(), START);
        assert_eq!(received(&old), "two");
        daemon.send(b"three".to_vec(), START.plus(GOOD_FOR));
        assert_eq!(received(&old), "three");
        answers.send(Ok(new_address)).unwrap();
        wait_for_lookup(&daemon);
        daemon.send(b"four".to_vec(), START.plus(GOOD_FOR));
        assert_eq!(received(&new), "four");
    }

    #[test]
    fn the_system_is_asked() {
        assert_eq!(resolve("localhost", 2000).unwrap(), (Ipv4Addr::LOCALHOST, 2000).into());
    }
}
