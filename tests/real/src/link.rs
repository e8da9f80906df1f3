//! The way from a collector to X-Ray: TCP with a round trip of its own, whose connections can be lost while nobody uses them. A connection costs one round
//! trip, as TCP's handshake does, and bytes are half a round trip on their way in either direction. It knows nothing of HTTP.

use lambda_env::StaleConnections;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, sleep_until},
};

const BUFFER_BYTES: usize = 16 * 1_024;

/// A port on loopback that leads to a server, until it is dropped.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    /// Connections that are open when it changes are lost from then on.
    lost: watch::Sender<Option<StaleConnections>>,
    accepting: JoinHandle<()>,
}

impl Link {
    /// Leads to the server at this address.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start(server: SocketAddr, round_trip: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let lost = watch::Sender::new(None);
        let watched = lost.clone();
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(carry(client, server, round_trip, watched.subscribe()));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, lost, accepting })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Loses every connection that is open now; new ones are as good as ever. Returns how many there were.
    pub fn lose(&self, how: StaleConnections) -> usize {
        let open = self.lost.receiver_count();
        self.lost.send_replace(Some(how));
        open
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(
    mut client: TcpStream,
    server: SocketAddr,
    round_trip: Duration,
    mut lost: watch::Receiver<Option<StaleConnections>>,
) {
    let how = tokio::select! {
        () = relay(&mut client, server, round_trip) => return,
        Ok(()) = lost.changed() => *lost.borrow(),
    };
    let is_reset = match how {
        Some(StaleConnections::Reset) => true,
        Some(StaleConnections::ResetOnUse) => swallow(&mut client).await > 0,
        Some(StaleConnections::Silent) => {
            while swallow(&mut client).await > 0 {}
            false
        }
        None => false,
    };
    if is_reset {
        // Setting it fails on a socket that is gone, and that is what is wanted.
        drop(client.set_zero_linger());
    }
}

async fn relay(client: &mut TcpStream, server: SocketAddr, round_trip: Duration) {
    sleep(round_trip).await;
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    // Without it the kernel would hold back what is small; failing to set it only costs time.
    drop(client.set_nodelay(true).and(server.set_nodelay(true)));
    let (client_reads, client_writes) = client.split();
    let (server_reads, server_writes) = server.split();
    let delay = round_trip / 2;
    tokio::join!(one_way(client_reads, server_writes, delay), one_way(server_reads, client_writes, delay));
}

/// Hands on what comes, each piece so much later, however many are on their way.
async fn one_way(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, delay: Duration) {
    let (sender, mut pieces) = mpsc::unbounded_channel();
    let reading = async move {
        let mut buffer = vec![0; BUFFER_BYTES];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            if sender.send((Instant::now() + delay, buffer[..count].to_vec())).is_err() {
                return;
            }
        }
    };
    let writing = async {
        while let Some((due, piece)) = pieces.recv().await {
            sleep_until(due).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
        // Whoever is at the other end may have left first.
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}

/// Takes in what comes next; 0 at the end.
async fn swallow(client: &mut TcpStream) -> usize {
    client.read(&mut vec![0; BUFFER_BYTES]).await.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that sends back what it gets.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut reads, mut writes) = socket.split();
                    tokio::io::copy(&mut reads, &mut writes).await
                });
            }
        });
        address
    }

    async fn said(socket: &mut TcpStream) -> io::Result<Vec<u8>> {
        let mut answer = vec![0; 2];
        socket.write_all(b"hi").await?;
        socket.read_exact(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn bytes_take_a_round_trip_and_a_connection_one_more() {
        let round_trip = Duration::from_millis(40);
        let link = Link::start(echo().await, round_trip).await.unwrap();
        let begin = Instant::now();
        let mut socket = TcpStream::connect(link.address()).await.unwrap();
        assert_eq!(said(&mut socket).await.unwrap(), b"hi");
        assert!(begin.elapsed() >= round_trip * 2, "{:?}", begin.elapsed());
        let begin = Instant::now();
        assert_eq!(said(&mut socket).await.unwrap(), b"hi");
        assert!((round_trip..round_trip * 2).contains(&begin.elapsed()), "{:?}", begin.elapsed());
    }

    #[tokio::test]
    async fn lost_connections_fail_or_are_silent_and_new_ones_are_good() {
        let link = Link::start(echo().await, Duration::ZERO).await.unwrap();
        for how in [StaleConnections::Reset, StaleConnections::ResetOnUse, StaleConnections::Silent] {
            let mut socket = TcpStream::connect(link.address()).await.unwrap();
            said(&mut socket).await.unwrap();
            assert_eq!(link.lose(how), 1, "{how:?}");
            let answer = tokio::time::timeout(Duration::from_millis(300), said(&mut socket)).await;
            let is_silent = answer.is_err();
            assert_eq!(is_silent, how == StaleConnections::Silent, "{how:?}: {answer:?}");
            assert!(is_silent || answer.unwrap().is_err(), "{how:?}");
            drop(socket);
            let mut socket = TcpStream::connect(link.address()).await.unwrap();
            assert_eq!(said(&mut socket).await.unwrap(), b"hi", "{how:?}");
            drop(socket);
            // Both ends see the connection close before the next are counted.
            tokio::time::timeout(Duration::from_secs(5), async {
                while link.lost.receiver_count() > 0 {
                    sleep(Duration::from_millis(1)).await;
                }
            })
            .await
            .unwrap();
        }
    }
}
