//! Several workers under a Runtime API that fails some of them, and then all.

use crate::bench::{Setup, within};
use sse_adapters::memory::MemoryTelemetry;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// More than a worker needs to give the Runtime API up.
const FAILURES: usize = 6;

/// The first `next` waits for ever, the following ones are answered with 500 or cut off in turn, those after them wait, too.
async fn serve(mut socket: TcpStream, asked: Arc<AtomicUsize>) {
    let mut read = Vec::new();
    while socket.read_buf(&mut read).await.is_ok_and(|bytes| bytes > 0) {
        let text = String::from_utf8_lossy(&read).into_owned();
        if !text.contains("\r\n\r\n") {
            continue;
        }
        read.clear();
        let status = if text.starts_with("POST /2020-01-01/extension/register ") {
            "404 Not Found"
        } else {
            match asked.fetch_add(1, SeqCst) {
                number if number == 0 || number > FAILURES => std::future::pending::<&str>().await,
                number if number % 2 == 0 => return,
                _ => "500 Internal Server Error",
            }
        };
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        socket.write_all(answer.as_bytes()).await.expect("sent");
    }
}

#[tokio::test]
async fn one_that_loses_the_runtime_api_goes_on_and_only_all_end_the_process() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let asked = Arc::<AtomicUsize>::default();
    let seen = asked.clone();
    let server = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (socket, _) = listener.accept().await.expect("a connection");
            connections.spawn(serve(socket, seen.clone()));
        }
    });
    let function = Setup { slots: 2, ..Setup::default() }.start_at(address, MemoryTelemetry::default());
    let recovered = async {
        while asked.load(SeqCst) < FAILURES + 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within(recovered).await;
    assert!(!function.is_finished(), "the other worker waited all the time");
    // Everything at that address is gone now.
    server.abort();
    let ended = within(function).await.expect("no panic");
    assert!(ended.is_err_and(|error| error.to_string() == "the Runtime API is gone"));
}
