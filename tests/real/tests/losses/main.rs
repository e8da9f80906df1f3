//! `docs/losses.md`: the same streaming function, traced by others in the set-up that they document and by us, under the same faults.
//! Every span that the function began is looked for. `tests/peers` holds the functions; `just losses` builds them and runs this.
//!
//! `UPDATE_LOSSES=1` writes the page; `LOSSES_ONLY=ours,tower` and `LOSSES_FAULTS=none,panic` run a part, which is printed and not compared.

mod account;
mod faults;
mod page;
mod peers;
mod run;

use account::Account;
use faults::{FAULTS, Fault};
use futures::StreamExt;
use peers::{Mode, PEERS, Peer};
use tokio::sync::Semaphore;

/// So many environments side by side: most of them wait most of the time.
const AT_ONCE: usize = 12;

#[expect(clippy::disallowed_methods, reason = "tests are told by their caller what to run")]
fn chosen(variable: &str) -> Option<Vec<String>> {
    Some(std::env::var(variable).ok()?.split(',').map(str::to_owned).collect())
}

/// `opentelemetry-lambda-extension` listens for the Telemetry API on a fixed port.
static TELEMETRY_PORT: Semaphore = Semaphore::const_new(1);

/// One cell of the page.
async fn cell(peer: &Peer, fault: &Fault, mode: Mode) -> String {
    if peer.cannot(fault, mode) {
        return "–".to_owned();
    }
    let _alone = if peer.key == "extension" { TELEMETRY_PORT.acquire().await.ok() } else { None };
    let evidence = run::run(peer, fault, mode).await;
    let account = Account::of(&evidence);
    println!("{} | {mode:?} | {} | {account}", peer.name, fault.name);
    if std::env::var_os("LOSSES_LOG").is_some() {
        for line in &evidence.log {
            println!("    {} {}", line.program, line.text);
        }
    }
    account.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn losses_are_as_the_page_says() {
    let (only, of) = (chosen("LOSSES_ONLY"), chosen("LOSSES_FAULTS"));
    let is_chosen = |list: &Option<Vec<String>>, name: &str| list.as_ref().is_none_or(|l| l.iter().any(|n| n == name));
    let peers: Vec<&Peer> = PEERS.iter().filter(|peer| is_chosen(&only, peer.key)).collect();
    let faults: Vec<&Fault> = FAULTS.iter().filter(|fault| is_chosen(&of, fault.key)).collect();
    let mut cells = Vec::new();
    for mode in Mode::ALL {
        for fault in &faults {
            cells.extend(peers.iter().map(|peer| (*peer, *fault, mode)));
        }
    }
    assert!(cells.len() > 1, "there is nothing to run");
    let cells: Vec<String> = futures::stream::iter(cells)
        .map(|(peer, fault, mode)| cell(peer, fault, mode))
        .buffered(AT_ONCE)
        .collect()
        .await;
    let page = page::Page::new(&peers, &faults, &cells);
    if only.is_some() || of.is_some() {
        println!("{}", page.tables());
        return;
    }
    page.compare();
}
