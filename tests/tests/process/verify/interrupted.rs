//! `verify` that is stopped while it waits.

use crate::{binary::binary, fixture::within, program::terminate};
use std::{net::Ipv4Addr, process::Stdio};
use tokio::{net::TcpListener, process::Command};

#[tokio::test]
async fn an_interrupted_run_says_so_and_is_no_verdict() {
    let _turn = crate::turns::shared().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut command = Command::new(binary());
    command.env_clear().args(["verify", "--url", &url, "--region", "eu-central-1", "--json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    // It has asked, and waits for an answer that never comes.
    let _held = within(listener.accept()).await.unwrap();
    terminate(&child);
    let output = within(child.wait_with_output()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(output.stdout.is_empty() && said.ends_with("verify: interrupted, there is no report\n"), "{said}");
}
