use super::*;
use crate::aws::{CaBundle, TrustRoots};
use aws_credential_types::credential_fn::provide_credentials_fn;
use flate2::read::GzDecoder;
use lambda_trace::{ManualClock, Timestamp};
use lambda_trace_otlp::Io;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use std::{
    io::Read,
    net::Ipv4Addr,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    time::Duration,
    time::UNIX_EPOCH,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// 2026-11-22T08:00:00Z.
const NOW_MS: u64 = 1_795_334_400_000;

/// What arrived: the head of the request, and its body.
pub(super) type Received = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Gives these answers, one a connection, and then 200.
pub(super) async fn endpoint(answers: &[&str], tls: Option<TlsAcceptor>) -> (u16, Received) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let received = Received::default();
    let keeps = received.clone();
    let mut answers = answers.iter().map(ToString::to_string).collect::<Vec<_>>().into_iter();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let mut io: Box<dyn Io> = match &tls {
                None => Box::new(socket),
                Some(tls) => match tls.accept(socket).await {
                    Ok(stream) => Box::new(stream),
                    Err(_) => continue,
                },
            };
            let request = request(&mut io).await;
            keeps.lock().unwrap().push(request);
            let answer = answers.next().unwrap_or_else(|| "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned());
            io.write_all(answer.as_bytes()).await.unwrap();
            io.flush().await.unwrap();
            io.shutdown().await.unwrap();
        }
    });
    (port, received)
}

async fn request(io: &mut Box<dyn Io>) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        io.read_buf(&mut bytes).await.unwrap();
        let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..at]).to_lowercase();
        let length: usize = header(&head, "content-length").parse().unwrap();
        if bytes.len() >= at + 4 + length {
            return (head, bytes[at + 4..].to_vec());
        }
    }
}

fn header<'h>(head: &'h str, name: &str) -> &'h str {
    let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_default()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(NOW_MS)))
}

async fn transport(port: u16) -> XrayTransport {
    XrayTransport::new(&Aws::at(&format!("http://127.0.0.1:{port}")).await, clock()).unwrap()
}

/// As the exporter makes it.
fn export() -> Request<Bytes> {
    let request = Request::post("http://ignored/v1/traces").header("content-type", "application/x-protobuf");
    request.header("x-vendor-key", "k").body(Bytes::from_static(b"spans spans spans")).unwrap()
}

async fn send(transport: &XrayTransport) -> Result<u16, TransportError> {
    transport.send(export(), &AttemptLog::default()).await.map(|answer| answer.status().as_u16())
}

#[tokio::test]
async fn a_request_is_compressed_signed_and_carries_nothing_else() {
    let (port, received) = endpoint(&[], None).await;
    assert_eq!(send(&transport(port).await).await.unwrap(), 200);
    let (head, body) = received.lock().unwrap()[0].clone();
    assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
    let mut plain = Vec::new();
    GzDecoder::new(&body[..]).read_to_end(&mut plain).unwrap();
    assert_eq!(plain, b"spans spans spans");
    assert_eq!(header(&head, "x-amz-date"), "20261122t080000z");
    let scope = "aws4-hmac-sha256 credential=id/20261122/eu-central-1/xray/aws4_request, \
                 signedheaders=content-encoding;content-type;host;x-amz-date, signature=";
    assert!(header(&head, "authorization").starts_with(scope), "{head}");
    assert_eq!(header(&head, "host"), format!("127.0.0.1:{port}"));
    assert!(!head.contains("x-vendor-key") && !head.contains("secret"), "{head}");
}

#[tokio::test]
async fn a_clock_that_is_off_is_corrected_by_the_answer_once() {
    let skewed = "HTTP/1.1 403 Forbidden\r\ndate: Sun, 22 Nov 2026 09:00:00 GMT\r\ncontent-length: 0\r\n\r\n";
    let (port, received) = endpoint(&[skewed], None).await;
    let transport = transport(port).await;
    assert_eq!((send(&transport).await.unwrap(), send(&transport).await.unwrap()), (200, 200));
    let dates: Vec<_> =
        received.lock().unwrap().iter().map(|(head, _)| header(head, "x-amz-date").to_owned()).collect();
    assert_eq!(dates, ["20261122t080000z", "20261122t090000z", "20261122t090000z"]);
    // Refused with the right date, it is refused for another reason.
    let (port, received) = endpoint(&[skewed, skewed], None).await;
    assert_eq!(send(&self::transport(port).await).await.unwrap(), 403);
    assert_eq!(received.lock().unwrap().len(), 2);
    let right = "HTTP/1.1 403 Forbidden\r\ndate: Sun, 22 Nov 2026 08:03:59 GMT\r\ncontent-length: 0\r\n\r\n";
    let (port, received) = endpoint(&[right], None).await;
    assert_eq!(send(&self::transport(port).await).await.unwrap(), 403);
    assert_eq!(received.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let (port, received) = endpoint(&[], None).await;
    let nobody = provide_credentials_fn(|| async {
        Err(aws_credential_types::provider::error::CredentialsError::not_loaded("none here"))
    });
    let aws = Aws::at(&format!("http://127.0.0.1:{port}")).await;
    let aws = aws.with_credentials(SharedCredentialsProvider::new(nobody));
    let transport = XrayTransport::new(&aws, clock()).unwrap();
    assert!(matches!(send(&transport).await, Err(TransportError::Unsigned(_))));
    assert!(received.lock().unwrap().is_empty());
}

#[tokio::test]
async fn credentials_that_expire_are_kept_until_shortly_before() {
    let (port, _) = endpoint(&[], None).await;
    let asked = Arc::new(AtomicU32::new(0));
    let counted = asked.clone();
    let provider = provide_credentials_fn(move || {
        let counted = counted.clone();
        async move {
            counted.fetch_add(1, SeqCst);
            let end = UNIX_EPOCH + Duration::from_millis(NOW_MS) + Duration::from_hours(1);
            Ok(Credentials::new("id", "secret", None, Some(end), "test"))
        }
    });
    let aws = Aws::at(&format!("http://127.0.0.1:{port}")).await;
    let clock = clock();
    let transport =
        XrayTransport::new(&aws.with_credentials(SharedCredentialsProvider::new(provider)), clock.clone()).unwrap();
    for (advance_ms, times) in [(0, 1), (54 * 60_000, 1), (60_000, 2)] {
        clock.advance(Duration::from_millis(advance_ms));
        send(&transport).await.unwrap();
        assert_eq!(asked.load(SeqCst), times);
    }
}

/// A certificate of `localhost` in PEM, and what serves with it.
pub(super) fn self_signed() -> (String, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let chain: Vec<CertificateDer<'static>> = vec![made.cert.der().clone()];
    (made.cert.pem(), TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap())))
}

#[tokio::test]
async fn over_tls_the_endpoint_is_believed_by_the_bundle_only() {
    let (certificate, acceptor) = self_signed();
    let (port, received) = endpoint(&[], Some(acceptor)).await;
    let aws = Aws::at(&format!("https://localhost:{port}")).await;
    let own = TrustRoots::Own(CaBundle::parse(&certificate).unwrap());
    let trusting = XrayTransport::new(&aws.clone().believing(own), clock()).unwrap();
    assert_eq!((send(&trusting).await.unwrap(), send(&trusting).await.unwrap()), (200, 200));
    assert!(header(&received.lock().unwrap()[0].0, "host").starts_with("localhost:"));
    let other = XrayTransport::new(&aws.believing(TrustRoots::Bundled), clock()).unwrap();
    let Err(TransportError::Connect(error)) = send(&other).await else { panic!("it was believed") };
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(received.lock().unwrap().len(), 2);
}
