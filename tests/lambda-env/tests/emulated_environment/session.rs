//! The program `lambda-env` as people use it: the session that the README shows, its JSON, and its end.

use std::{fmt::Write as _, net::SocketAddr, path::Path, process::Stdio};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::{get, within};

const FIXTURE: &str = env!("CARGO_BIN_EXE_fixture-function");
const BEGIN: &str = "<!-- session: written with UPDATE_README=1, compared by the tests -->\n```text\n";
const END: &str = "```\n<!-- /session -->";

/// The flags of the session in the README.
const SESSION: &str = "--environments 1 --timeout 1s --no-log --requests 5";

struct Run {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    printed: Vec<String>,
}

impl Run {
    fn start(flags: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lambda-env"));
        command.args(["serve", FIXTURE, "--listen", "127.0.0.1:0"]).args(flags).kill_on_drop(true);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, printed: Vec::new() }
    }

    async fn line(&mut self) -> Option<String> {
        let line = within(self.lines.next_line()).await.unwrap();
        self.printed.extend(line.clone());
        line
    }

    /// Reads on to a line that contains this.
    async fn until(&mut self, text: &str) -> String {
        while let Some(line) = self.line().await {
            if line.contains(text) {
                return line;
            }
        }
        panic!("no line with {text:?} in\n{}", self.printed.join("\n"));
    }

    /// Where the function is, from the first lines.
    async fn address(&mut self) -> SocketAddr {
        let line = self.until("http://").await;
        let rest = line.split(if line.starts_with('{') { "\"url\":\"http://" } else { "http://" }).nth(1).unwrap();
        rest.split(['"', ' ']).next().unwrap().parse().unwrap()
    }

    /// Reads to the end; it has to have ended well.
    async fn end(mut self) -> Vec<String> {
        while self.line().await.is_some() {}
        assert!(within(self.child.wait()).await.unwrap().success());
        self.printed
    }

    fn interrupt(&self) {
        kill(Pid::from_raw(self.child.id().unwrap().try_into().unwrap()), Signal::SIGINT).unwrap();
    }
}

/// What differs from run to run: times, ports, trace ids, and the lengths of bars.
fn normalized(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().filter(|word| !word.starts_with('█')).collect();
        for (index, word) in words.iter().enumerate() {
            let unit = words.get(index + 1).map_or("", |next| next.trim_end_matches([',', ';', ':']));
            let is_time = ["ms", "s"].contains(&unit) && word.starts_with(|c: char| c.is_ascii_digit());
            let is_clock = word.len() == 12 && word.as_bytes()[2] == b':';
            let shown = match word.rsplit_once(':') {
                _ if is_time => "N",
                // The unit of a time that is near a whole second differs, too.
                _ if ["ms", "ms,", "ms;", "ms:"].contains(word) => &word[1..],
                _ if is_clock => "TIME",
                _ if word.starts_with("1-") => "TRACE",
                Some((host, port)) if port.parse::<u16>().is_ok() => host,
                _ => word,
            };
            let _ = write!(out, "{shown} ");
        }
        out.push('\n');
    }
    out
}

#[tokio::test]
async fn the_session_of_the_readme() {
    let mut run = Run::start(&SESSION.split(' ').collect::<Vec<_>>());
    let address = run.address().await;
    get(address, "/traced?n=3&ms=20").await;
    run.until("frozen").await;
    let long = tokio::spawn(async move { get(address, "/stream?n=10&ms=50").await });
    run.until("#2 GET").await;
    assert!(get(address, "/stream?n=1").await.starts_with("HTTP/1.1 429"));
    within(long).await.unwrap();
    run.until("frozen").await;
    assert!(get(address, "/sleep?ms=5000").await.starts_with("HTTP/1.1 502"));
    run.until("killed").await;
    get(address, "/stream?n=1").await;
    let printed = run.end().await.join("\n").replace(FIXTURE, "./bootstrap");
    let session = format!("$ lambda-env serve ./bootstrap {SESSION}\n{printed}\n");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("README.md has no session");
    let (recorded, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{session}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(normalized(recorded), normalized(&session), "UPDATE_README=1 records it anew:\n{session}");
}

#[tokio::test]
async fn as_json_every_line_is_an_object_that_the_readme_documents() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scenario.toml");
    std::fs::write(&folder, "[[fault]]\nwhat = \"kill\"\nat = \"50ms\"\nrequests = [2]\n").unwrap();
    let mut run = Run::start(&["--json", "--otlp", "--requests", "3", "--scenario", folder.to_str().unwrap()]);
    let address = run.address().await;
    get(address, "/traced?n=2&ms=10").await;
    run.until("\"frozen\"").await;
    get(address, "/stream?n=10&ms=50").await;
    run.until("\"exited\"").await;
    get(address, "/stream?n=1").await;
    let objects: Vec<Value> = run.end().await.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for object in &objects {
        let event = object["event"].as_str().unwrap();
        assert!(object["at_ms"].is_u64() && readme.contains(&format!("`{event}`")), "{object}");
    }
    let of = |event: &str| objects.iter().filter(|object| object["event"] == event).collect::<Vec<_>>();
    let ends: Vec<_> = of("end").iter().map(|end| end["outcome"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ends, ["complete", "lost its process", "complete"]);
    let work: Vec<_> = of("span").into_iter().filter(|span| span["name"] == "work").collect();
    assert_eq!((work.len(), &work[0]["origin"], &work[0]["late"]), (1, &"subsegment".into(), &false.into()));
    let summary = of("summary")[0];
    assert_eq!((&summary["cold_starts"], &summary["violations"]), (&2.into(), &0.into()), "{summary}");
    assert_eq!(summary["spans"]["subsegments"], 1);
}

#[tokio::test]
async fn ctrl_c_ends_it_as_lambda_does_and_with_the_summary() {
    let mut run = Run::start(&["--json", "--extension-present"]);
    let address = run.address().await;
    get(address, "/stream?n=1").await;
    run.until("\"frozen\"").await;
    run.interrupt();
    let printed = run.end().await;
    assert!(printed.iter().any(|line| line.contains("SIGTERM")), "the function was told: {printed:#?}");
    let summary: Value = serde_json::from_str(printed.last().unwrap()).unwrap();
    assert_eq!(summary["ends"]["by_sigterm"], 1, "{summary}");
}

#[tokio::test]
async fn what_cannot_be_is_said_before_anything_starts() {
    for (flags, reason) in [
        (&["--fault", "collector-hang"][..], "--otlp"),
        (&["--scenario", "/nowhere.toml"], "cannot read /nowhere.toml: "),
        (&["--extensions", "/proc/self/fd/none"], "no programs"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lambda-env"));
        let output =
            within(command.args(["serve", FIXTURE, "--listen", "127.0.0.1:0"]).args(flags).output()).await.unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && error.contains(reason), "{error}");
    }
}
