//! AWS profiles of people's machines: a credential process, which may be slow, and single sign-on. The function needs neither.

use crate::program::{path, within};
use lambda_env::{FakeAws, Item, TableSpec};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Output, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::Command,
};

/// A home directory with one profile; gone with it.
pub(crate) struct Home(PathBuf);

impl Home {
    fn new(name: &str, profile: &str) -> Self {
        let home = std::env::temp_dir().join(format!("sse-home-{}-{name}", std::process::id()));
        fs::create_dir_all(home.join(".aws/sso/cache")).unwrap();
        let home = Self(home);
        home.write(".aws/config", &format!("[default]\nregion = eu-central-1\n{profile}\n"));
        home
    }

    /// A profile whose process takes this long.
    pub(crate) fn with_process(name: &str, takes: Duration) -> Self {
        let home = Self::new(name, "");
        let keys = r#"{"Version":1,"AccessKeyId":"AKIDPROCESS","SecretAccessKey":"s","SessionToken":"t","Expiration":"2099-01-01T00:00:00Z"}"#;
        let script = format!("#!/bin/sh\n/bin/sleep {}\necho '{keys}'\n", takes.as_secs());
        let process = home.write("process", &script);
        fs::set_permissions(&process, fs::Permissions::from_mode(0o700)).unwrap();
        let profile = format!("[default]\nregion = eu-central-1\ncredential_process = {}\n", process.display());
        home.write(".aws/config", &profile);
        home
    }

    fn write(&self, file: &str, text: &str) -> PathBuf {
        let file = self.0.join(file);
        fs::write(&file, text).unwrap();
        file
    }

    /// The program with nothing but this home.
    pub(crate) fn program(&self, args: &[&str], endpoint: &str) -> Command {
        let mut program = Command::new(path());
        program.args(args).env_clear().env("HOME", &self.0).env("AWS_ENDPOINT_URL", endpoint).kill_on_drop(true);
        program
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn feed(home: &Home, aws: &FakeAws, variables: &[(&str, &str)]) -> Output {
    let mut program =
        home.program(&["feed", "--table", "t", "--create", "--count", "5", "--rate", "1000"], &aws.endpoint());
    within(program.envs(variables.iter().copied()).output()).await.unwrap()
}

#[tokio::test]
async fn a_credential_process_that_is_slower_than_a_call_serves_feed() {
    let _turn = crate::turns::shared().await;
    let aws = FakeAws::start().unwrap();
    let output = feed(&Home::with_process("feed", Duration::from_secs(6)), &aws, &[]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("5 items written into t"), "{said}");
}

#[tokio::test]
async fn a_profile_without_credentials_is_refused_in_words() {
    let _turn = crate::turns::shared().await;
    let aws = FakeAws::start().unwrap();
    let home = Home::new("none", "");
    home.write(
        ".aws/config",
        "[default]\nregion = eu-central-1\nsso_session = gone\nsso_account_id = 1\nsso_role_name = r",
    );
    let output = feed(&home, &aws, &[]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("sso"), "{said}");
    assert!(aws.calls().is_empty());
}

/// The portal that hands out a role's credentials for the token that `aws sso login` left in its cache.
async fn portal(listener: TcpListener) -> String {
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    while !String::from_utf8_lossy(&request).contains("\r\n\r\n") {
        assert!(socket.read_buf(&mut request).await.unwrap() > 0);
    }
    let body = r#"{"roleCredentials":{"accessKeyId":"AKIDSSO","secretAccessKey":"s","sessionToken":"t","expiration":4070908800000}}"#;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    String::from_utf8(request).unwrap()
}

#[tokio::test]
async fn single_sign_on_serves_feed() {
    let _turn = crate::turns::shared().await;
    let aws = FakeAws::start().unwrap();
    let profile = "sso_start_url = https://sso.example/start\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = reader";
    let home = Home::new("sso", profile);
    // The file is named after the SHA-1 of the start URL.
    let token = r#"{"startUrl":"https://sso.example/start","region":"eu-west-1","accessToken":"a-token","expiresAt":"2099-01-01T00:00:00Z"}"#;
    home.write(".aws/sso/cache/98df91031e87f97bfc088c045be6442dc5d70b2a.json", token);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let portal = tokio::spawn(portal(listener));
    let output = feed(&home, &aws, &[("AWS_ENDPOINT_URL_SSO", &endpoint)]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("5 items written into t"), "{said}");
    let asked = within(portal).await.unwrap();
    assert!(asked.contains("role_name=reader") && asked.contains("a-token"), "{asked}");
}

#[tokio::test]
async fn serve_shows_a_state_once_a_slow_credential_process_is_done() {
    let _turn = crate::turns::shared().await;
    let aws = FakeAws::start().unwrap();
    aws.create_table(TableSpec::new("items", "source_id").index("by_sentiment", "sentiment", "updated_at"));
    let item = Item::new().text("source_id", "s").text("sentiment", "positive").number("score", 0.5);
    let now = crate::fixture::date(lambda_env::Stamp::now().unix_ms());
    assert!(aws.put("items", item.text("updated_at", &now).texts("matched_tickers", &["AAPL"])));
    // Slower than a call: what one poll began to load serves a later one.
    let home = Home::with_process("serve", Duration::from_secs(5));
    let mut program = home.program(&["serve", "--listen", "127.0.0.1:0"], &aws.endpoint());
    program.env("SENTIMENTS_TABLE", "items").env("SSE_POLL_INTERVAL_MS", "500");
    let mut child = program.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = within(out.next_line()).await.unwrap().unwrap();
    let address = first.strip_prefix("listening on http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /api/v2/stream HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(r#""ticker":"AAPL""#) {
        assert!(within(stream.read_buf(&mut read)).await.unwrap() > 0, "{}", String::from_utf8_lossy(&read));
    }
    child.kill().await.unwrap();
}
