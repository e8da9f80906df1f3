//! What docs/front-doors.md says that a door costs follows from the prices beside it, and its limits are those of the Terraform files.

use crate::module;
use sse_policy::files;
use sse_policy::terraform::{Module, written};

fn page() -> String {
    files::read("docs/front-doors.md").unwrap()
}

/// The cells of the row that begins so.
fn row<'a>(page: &'a str, begins: &str) -> Vec<&'a str> {
    let line = page.lines().find(|line| line.starts_with(&format!("| {begins}"))).unwrap_or_else(|| panic!("{begins}"));
    line.trim_matches('|').split('|').map(str::trim).collect()
}

fn price(page: &str, of: &str) -> f64 {
    row(page, of)[1].parse().unwrap()
}

#[test]
fn costs_follow_from_the_prices() {
    let page = page();
    let cloudfront = price(&page, "CloudFront, a million HTTPS requests")
        + price(&page, "CloudFront function, a million calls")
        + price(&page, "WAF, a million requests");
    let gateway = price(&page, "REST API, a million requests");
    let fixed = price(&page, "WAF, a web ACL");
    for (door, a_million, a_month) in [("CloudFront with", cloudfront, fixed), ("API Gateway REST | $", gateway, 0.0)] {
        let hour = |seconds: f64| format!("${:.6}", 3_600.0 / seconds * a_million / 1e6);
        assert_eq!(row(&page, door)[1..], [hour(60.0), hour(300.0), format!("${a_month:.2}")], "{door}");
    }
}

#[test]
fn limits_are_those_of_the_terraform_files() {
    let page = page();
    let edge = Module::read("terraform/edge").unwrap();
    let timeout = written(edge.default_of("read_timeout_s").unwrap());
    let silence = row(&page, "silence that ends a stream");
    assert!(silence[2].contains(&format!("{timeout} s by default")), "{}", silence[2]);
    let idle = written(module().local("rest_api_idle_ms").unwrap());
    assert!(idle.contains("30000") && idle.contains("300000"), "{idle}");
    assert_eq!(silence[3], "5 min (`REGIONAL`), 30 s (`EDGE`)");
}
