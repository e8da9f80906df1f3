//! `docs/losses.md`: written, and compared in classes, because how many of a stream's spans were on their way is not the same twice.

use crate::{
    faults::Fault,
    peers::{Mode, Peer},
};
use std::fmt::Write;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/losses.md");
const HEAD: &str = include_str!("head.md");
const FOOT: &str = include_str!("foot.md");

pub(crate) struct Page<'a> {
    peers: &'a [&'a Peer],
    faults: &'a [&'a Fault],
    cells: &'a [String],
}

impl<'a> Page<'a> {
    pub(crate) const fn new(peers: &'a [&'a Peer], faults: &'a [&'a Fault], cells: &'a [String]) -> Self {
        Self { peers, faults, cells }
    }

    pub(crate) fn tables(&self) -> String {
        let mut text = String::new();
        let of_mode = self.cells.chunks(self.peers.len() * self.faults.len());
        for (mode, cells) in Mode::ALL.iter().zip(of_mode) {
            let names: Vec<&str> = self.peers.iter().map(|peer| peer.name).collect();
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "\n## {mode:?} answers\n\n| fault | {} |\n|---{}|",
                names.join(" | "),
                "|---".repeat(names.len())
            );
            for (fault, row) in self.faults.iter().zip(cells.chunks(self.peers.len())) {
                let _ = writeln!(text, "| {} | {} |", fault.name, row.join(" | "));
            }
        }
        text
    }

    fn whole(&self) -> String {
        // Writing to a string cannot fail.
        let mut text = format!("{HEAD}{}\n## Who is compared, and why they lose what they lose\n", self.tables());
        for peer in self.peers {
            let source = format!("[{0}](../tests/peers/{0})", peer.source);
            let _ = writeln!(
                text,
                "\n### {}\n\n{} {source} links to the documentation that it follows.\n",
                peer.name, peer.what
            );
            for (not_run, why) in [("concurrent", peer.not_concurrent), ("streaming", peer.not_streaming)] {
                if let Some(why) = why {
                    let _ = writeln!(text, "- *not run, {not_run}*: {why}.");
                }
            }
            for (loss, why) in peer.why {
                let _ = writeln!(text, "- *{loss}*: {why}");
            }
        }
        text + FOOT
    }

    pub(crate) fn compare(&self) {
        let page = self.whole();
        if std::env::var_os("UPDATE_LOSSES").is_some() {
            std::fs::write(PAGE, &page).unwrap();
        }
        let found = std::fs::read_to_string(PAGE).unwrap_or_default();
        for (found, seen) in found.lines().zip(page.lines()) {
            assert_eq!(classes(found), classes(seen), "docs/losses.md says {found}\nand this run saw {seen}");
        }
        assert_eq!(found.lines().count(), page.lines().count(), "docs/losses.md has another length");
    }
}

/// A row of a table without its figures: `7 of 13` is some, `13 of 13` is all. Other lines as they are.
fn classes(line: &str) -> String {
    if !line.starts_with('|') {
        return line.to_owned();
    }
    let words: Vec<&str> = line.split(' ').collect();
    let is_figure = |word: &str| word.trim_end_matches(';').parse::<f64>().is_ok();
    let mut classes = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match words.get(at..at + 3) {
            Some([some, "of", all]) if is_figure(some) => {
                classes.push(if *some == all.trim_end_matches(';') { "all" } else { "some" });
                at += 3;
            }
            _ => {
                classes.push(if is_figure(word) { "#" } else { word });
                at += 1;
            }
        }
    }
    classes.join(" ")
}

#[test]
fn figures_do_not_count_and_words_do() {
    assert_eq!(classes("| none | lost 3 of 13; waits 5.1 s |"), classes("| none | lost 7 of 13; waits 4.9 s |"));
    assert_ne!(classes("| none | lost 13 of 13 |"), classes("| none | lost 7 of 13 |"));
    assert_ne!(classes("| none | lost 7 of 13 |"), classes("| none | stale 7 of 13 |"));
}
