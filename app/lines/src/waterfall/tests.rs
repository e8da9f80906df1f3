use super::*;
use crate::input::tests::line;

const PLAIN: Style = Style { width: 80, color: false };

fn stream() -> String {
    let failed = r#","status":{"code":2},"events":[{"timeUnixNano":"1","name":"exception","attributes":[{"key":"exception.type","value":{"stringValue":"ThrottlingException"}},{"key":"exception.message","value":{"stringValue":"less, please"}}]}]"#;
    let folded = r#","attributes":[{"key":"spans_folded","value":{"intValue":"12"}}]"#;
    let event = r#","attributes":[{"key":"event_type","value":{"stringValue":"heartbeat"}}]"#;
    let ledger = r#"{"message":"telemetry ledger","trace_id":"1-67891233-abcdef012345678912345678","created":17,"delivered":0,"logged":5,"folded":12,"flush_outcome":"refused"}"#;
    [
        line(3, 2, "dynamodb_poll", 110, 510, failed),
        line(2, 1, "sse_stream", 100, 1_100, folded),
        line(4, 2, "sse_event_dispatch", 105, 105, event),
        line(5, 1, "## handler", 0, 100, ""),
        line(6, 5, "DynamoDB", 10, 60, ""),
        ledger.to_owned(),
    ]
    .join("\n")
}

#[test]
fn a_stream_is_drawn_with_its_phases_errors_and_ledger() {
    let text = draw(&Input::read(stream().as_bytes()), PLAIN);
    let expected = "\
1-67891233-abcdef012345678912345678  1.10 s  5 spans  1 failed  12 folded
## handler                     ███                                      100.0 ms
└ DynamoDB                     █                                         50.0 ms
── the handler returned ────────────────────────────────────────────────────────
sse_stream                        █████████████████████████████████       1.00 s
├ sse_event_dispatch heartbeat    █                                         0 µs
└ dynamodb_poll                   █████████████                         400.0 ms
    ! ThrottlingException: less, please
ledger: created 17, delivered 0, logged 5, folded 12, flush_outcome refused
";
    assert_eq!(text, expected, "\n{text}");
}

#[test]
fn no_line_is_wider_than_asked_for_and_colour_is_only_added() {
    let input = Input::read(stream().as_bytes());
    for width in [40, 60, 120] {
        let text = draw(&input, Style { width, color: false });
        let body = text.lines().skip(1);
        assert!(body.clone().count() > 5 && body.clone().any(|line| line.ends_with("flush_outcome refused")), "{text}");
        for line in body {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
    let colored = draw(&input, Style { color: true, ..PLAIN });
    assert!(colored.contains("\u{1b}[31m") && colored.contains("\u{1b}[35m") && colored.contains("\u{1b}[36m"));
    let mut stripped = colored;
    for code in ["\u{1b}[31m", "\u{1b}[35m", "\u{1b}[36m", "\u{1b}[2m", "\u{1b}[0m"] {
        stripped = stripped.replace(code, "");
    }
    let tidy = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(tidy(&stripped), tidy(&draw(&input, PLAIN)));
}

#[test]
fn the_lines_of_the_tree_pass_by_what_stands_below_a_name() {
    let failed = r#","status":{"code":2}"#;
    let spans = [(1, 9, ""), (2, 1, failed), (3, 2, failed), (4, 2, ""), (5, 1, failed)];
    let text: Vec<_> =
        spans.iter().map(|(id, parent, more)| line(*id, *parent, &format!("s{id}"), *id, *id, more)).collect();
    let drawn = draw(&Input::read(text.join("\n").as_bytes()), PLAIN);
    let left: Vec<_> =
        drawn.lines().skip(1).map(|line| line.split(['█', 's']).next().unwrap_or_default().trim_end()).collect();
    assert_eq!(left, ["", "├", "│ │ ! failed", "│ ├", "│ │   ! failed", "│ └", "└", "    ! failed"], "{drawn}");
}

#[test]
fn odd_spans_are_drawn_all_the_same() {
    let text =
        [line(1, 2, "a", 0, 5, ""), line(2, 1, "b\\u001b[2J", 1, 2, ""), line(3, 3, "self", 9, 8, "")].join("\n");
    let drawn = draw(&Input::read(text.as_bytes()), PLAIN);
    assert_eq!(drawn.lines().count(), 4, "{drawn}");
    assert!(!drawn.contains('\u{1b}'), "{drawn:?}");
    assert_eq!(draw(&Input::default(), PLAIN), "");
}
