//! Readers: plain sockets that count events and keep nothing.

use std::{
    cell::RefCell,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// What is waited for comes within this time, or the run is over.
const PATIENCE: Duration = Duration::from_mins(2);

thread_local! {
    /// One for all readers: what they read is counted and dropped.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 262_144]);
}

#[derive(Default)]
pub(crate) struct Readers {
    events: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Opens so many streams, one after the other, each once the one before has had its first event.
    pub(crate) async fn open(address: SocketAddr, count: usize, is_sampled: bool) -> Self {
        let mut readers = Self::default();
        for n in 0..count {
            let before = readers.events();
            readers.add(address, n, is_sampled).await;
            readers.wait_for(before + 1).await;
        }
        readers
    }

    async fn add(&mut self, address: SocketAddr, n: usize, is_sampled: bool) {
        let mut socket = TcpStream::connect(address).await.expect("it accepts");
        socket.set_nodelay(true).expect("a socket");
        let sampled = u8::from(is_sampled);
        let trace = format!("Root=1-{:08x}-{n:024x};Parent=53995c3f42cd8ad8;Sampled={sampled}", seconds());
        let request = format!(
            "GET /api/v2/stream HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\nx-amzn-trace-id: {trace}\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.expect("it reads");
        let events = self.events.clone();
        self.tasks.push(tokio::spawn(async move { read(&socket, &events).await }));
    }

    pub(crate) fn events(&self) -> u64 {
        self.events.load(Relaxed)
    }

    /// Waits until so many events have come in all.
    pub(crate) async fn wait_for(&self, events: u64) {
        let all = async {
            let mut pause = Duration::from_micros(50);
            while self.events() < events {
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(2));
            }
        };
        let came = timeout(PATIENCE, all).await;
        assert!(came.is_ok(), "{} of {events} events after {PATIENCE:?}", self.events());
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Two line feeds in a row end an event; a chunk's framing has none.
async fn read(socket: &TcpStream, events: &AtomicU64) {
    let mut last = 0;
    while socket.readable().await.is_ok() {
        let read = BUFFER.with_borrow_mut(|buffer| {
            let length = socket.try_read(buffer)?;
            let mut ends = 0;
            for &byte in &buffer[..length] {
                ends += u64::from(byte == b'\n' && last == b'\n');
                last = byte;
            }
            events.fetch_add(ends, Relaxed);
            Ok::<_, std::io::Error>(length)
        });
        match read {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

fn seconds() -> u64 {
    use lambda_trace::Clock;
    sse_adapters::system::SystemClock.now().millis() / 1_000
}
