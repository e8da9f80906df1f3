//! What the page on cost says is what its formulas come to, and they reckon as Terraform and the program do.

use sse_policy::files;
use sse_policy::formulas::{Formulas, reckon};
use sse_policy::generated;
use sse_policy::terraform::Module;
use sse_streaming::config;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const PAGE: &str = "terraform/COST.md";
const HOURS_A_MONTH: f64 = 730.0;

type Values = BTreeMap<String, f64>;

fn with(given: &[(&str, f64)]) -> Values {
    Formulas::of_document(&files::read(PAGE).unwrap()).unwrap().reckon(given).unwrap()
}

/// Dollars, to about three digits.
fn usd(value: f64) -> String {
    let decimals = match value {
        v if v >= 100.0 => 0,
        v if v >= 1.0 => 2,
        v if v >= 0.01 => 4,
        _ => 5,
    };
    format!("${value:.decimals$}")
}

fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    rows.iter().fold(line(head) + &rule, |text, row| text + &line(row))
}

fn texts(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

#[test]
fn a_stream_hour() {
    let v = with(&[]);
    let row = |label: &str, x86: f64, arm: f64| vec![label.to_owned(), usd(x86), usd(arm)];
    let same = |label: &str, name: &str| row(label, v[name], v[name]);
    let rows = [
        row("compute", v["compute_x86"], v["compute_arm"]),
        same("begin of streams", "begin"),
        same("polls", "polls"),
        same("the whole window", "window"),
        row("metrics", v["cloudwatch"], v["emf"]),
        same("bytes", "out"),
        row("**a stream-hour**", v["on_demand_x86_cloudwatch"], v["on_demand_arm_emf"]),
        row(
            "ten streams, a month around the clock",
            v["on_demand_x86_cloudwatch"] * 10.0 * HOURS_A_MONTH,
            v["on_demand_arm_emf"] * 10.0 * HOURS_A_MONTH,
        ),
    ];
    let head = texts(&["", "x86_64, `cloudwatch`", "arm64, `emf`"]);
    generated::check(PAGE, "stream-hour", &table(&head, &rows)).unwrap();
}

#[test]
fn shorter_streams_begin_more_often() {
    let rows = [30.0, 60.0, 300.0, 900.0].map(|seconds| {
        let v = with(&[("stream_s", seconds)]);
        vec![format!("{seconds} s"), format!("{}", 3_600.0 / seconds), usd(v["begin"]), usd(v["on_demand_arm_emf"])]
    });
    let head = texts(&["a stream lasts", "begins an hour", "they cost", "a stream-hour, arm64, `emf`"]);
    generated::check(PAGE, "begins", &table(&head, &rows)).unwrap();
}

#[test]
fn the_most_that_an_hour_can_cost() {
    let rows = [10.0, 20.0, 100.0].map(|reserved| {
        let v = with(&[("reserved", reserved)]);
        vec![format!("{reserved}"), usd(v["streams_only"]), usd(v["worst_hour"])]
    });
    let head = texts(&["`reserved_concurrency`", "all places streaming", "the most: streams and requests"]);
    generated::check(PAGE, "worst-hour", &table(&head, &rows)).unwrap();
}

#[test]
fn many_readers() {
    let counts = [10.0, 1_000.0, 10_000.0, 100_000.0];
    let columns = counts.map(|readers| with(&[("readers", readers)]));
    let row = |label: &str, cell: &dyn Fn(&Values) -> String| {
        std::iter::once(label.to_owned()).chain(columns.iter().map(cell)).collect::<Vec<_>>()
    };
    let cost = |name: &'static str| move |v: &Values| usd(v[name]);
    let instances = |v: &Values| {
        let size = match v["instance_vcpus"].to_string().as_str() {
            "2" => "large",
            "4" => "xlarge",
            "16" => "4xlarge",
            other => panic!("no size has {other} vCPU"),
        };
        format!("{} c8g.{size}", v["instances"])
    };
    let rows = [
        row("on demand", &cost("on_demand")),
        row("Managed Instances", &cost("managed")),
        row("… on", &instances),
        row("… a reader", &|v| usd(v["managed"] / v["readers"])),
        row("container behind a load balancer", &cost("container")),
        row("AppSync Events", &cost("appsync")),
        row("cached snapshot", &cost("snapshot")),
    ];
    let head: Vec<_> = std::iter::once("readers".to_owned()).chain(counts.map(|n| n.to_string())).collect();
    generated::check(PAGE, "readers", &table(&head, &rows)).unwrap();
}

#[test]
fn the_break_even() {
    let first =
        |cheaper: &dyn Fn(&Values) -> bool| (1..10_000_u32).find(|n| cheaper(&with(&[("readers", f64::from(*n))])));
    let readers = first(&|v| v["managed"] < v["on_demand"]).unwrap();
    let v = with(&[("readers", f64::from(readers))]);
    let floor = with(&[("readers", 1.0)])["managed"];
    let reader_hours = floor * HOURS_A_MONTH / v["on_demand_arm_emf"];
    let mut text = String::new();
    writeln!(text, "- its floor is {} an hour, {} a month;", usd(floor), usd(floor * HOURS_A_MONTH)).unwrap();
    writeln!(text, "- it is the cheaper one from {readers} readers on who are there around the clock,").unwrap();
    writeln!(text, "- or from about {:.0} reader-hours a month on.", (reader_hours / 100.0).round() * 100.0).unwrap();
    generated::check(PAGE, "break-even", &text).unwrap();
}

/// The page, Terraform's sizing and the program count the places of an environment alike.
#[test]
fn places_are_the_programs() {
    let sizing = Module::read("terraform/managed/sizing").unwrap();
    let formula = sizing.local("places").unwrap();
    for concurrency in [2_u32, 8, 15, 16, 31, 32, 64, 128, 1_024] {
        let environment = |name: &str| match name {
            "AWS_LAMBDA_RUNTIME_API" => Some("127.0.0.1:1".to_owned()),
            "AWS_LAMBDA_MAX_CONCURRENCY" => Some(concurrency.to_string()),
            "ENVIRONMENT" | "SENTIMENTS_TABLE" => Some("x".to_owned()),
            _ => None,
        };
        let program = config::read(&environment).0.max_connections;
        let terraform = reckon(formula, &[("concurrency", f64::from(concurrency))]).unwrap();
        assert_eq!(terraform.to_string(), program.to_string(), "of {concurrency}");
    }
    let most = |value: &hcl::Expression| reckon(value, &[]).unwrap();
    let per_vcpu = most(Module::read("terraform/module/settings").unwrap().local("concurrency_per_vcpu_most").unwrap());
    let of_the_page = with(&[])["places"].to_string();
    assert_eq!(of_the_page, reckon(formula, &[("concurrency", per_vcpu)]).unwrap().to_string());
}
