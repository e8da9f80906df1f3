//! `verify` where the network has a proxy: every call asks it, and one that cannot be used is told.

use crate::{binary::binary, fixture::within};
use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    process::Command,
};

/// A proxy that lets nobody through, and what it was asked for.
async fn closed_proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let heard = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = vec![0; 4_096];
            let length = socket.read(&mut head).await.unwrap_or_default();
            let text = String::from_utf8_lossy(&head[..length]).into_owned();
            heard.lock().unwrap().push(text.lines().next().unwrap_or_default().to_owned());
            let _ = socket.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    (address, asked)
}

async fn verify(proxy: &str) -> (Option<i32>, String) {
    let mut command = Command::new(binary());
    command.env_clear().env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
    command.env("HTTPS_PROXY", proxy).args(["verify", "--url", "https://abc.lambda-url.eu-central-1.on.aws"]);
    let output = within(command.args(["--canary", "--patience", "1s"]).output()).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_url_and_aws_are_asked_for_at_the_proxy() {
    let _turn = crate::turns::shared().await;
    let (proxy, asked) = closed_proxy().await;
    let (code, text) = verify(&proxy).await;
    assert_eq!(code, Some(1), "{text}");
    let asked = asked.lock().unwrap();
    for host in ["abc.lambda-url.eu-central-1.on.aws:443", "xray.eu-central-1.amazonaws.com:443"] {
        assert!(asked.iter().any(|line| line.starts_with(&format!("CONNECT {host} "))), "{host}: {asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_cannot_be_used_is_told_by_name() {
    let _turn = crate::turns::shared().await;
    let (code, text) = verify("socks5://user:hidden@127.0.0.1:1080").await;
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("HTTPS_PROXY") && !text.contains("hidden"), "{text}");
}
