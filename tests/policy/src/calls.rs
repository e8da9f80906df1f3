//! Finds the calls to AWS in Rust sources, and the IAM action that each needs. Reads text, not types: a call begins as
//! `client.operation()` and ends in `.send()`.

use std::collections::BTreeSet;

/// Operations by service. One that is missing here is no silent hole: a client's method that is not known is an error.
const OPERATIONS: [(&str, &[&str]); 2] = [
    (
        "dynamodb",
        &[
            "batch_get_item",
            "batch_write_item",
            "create_table",
            "delete_item",
            "delete_table",
            "describe_table",
            "describe_time_to_live",
            "execute_statement",
            "get_item",
            "list_tables",
            "put_item",
            "query",
            "scan",
            "transact_get_items",
            "transact_write_items",
            "update_item",
            "update_table",
            "update_time_to_live",
        ],
    ),
    ("cloudwatch", &["get_metric_data", "get_metric_statistics", "list_metrics", "put_metric_data"]),
];

/// What a client has beside operations.
const NO_OPERATIONS: [&str; 2] = ["clone", "config"];

/// The IAM actions that a source file needs.
///
/// # Errors
/// If a client is asked for something unknown, or requests are sent that nothing in the file begins: then this reading of
/// it cannot be trusted.
pub fn actions(source: &str) -> Result<BTreeSet<String>, String> {
    let code = without_tests_and_comments(source);
    if !code.contains(".send()") {
        return Ok(BTreeSet::new());
    }
    let begins: BTreeSet<&str> = code.split("client.").skip(1).filter_map(called).collect();
    let operations: Vec<&str> = begins.into_iter().filter(|name| !NO_OPERATIONS.contains(name)).collect();
    if operations.is_empty() {
        return Err("requests are sent, but no client is asked for an operation".to_owned());
    }
    operations.into_iter().map(action).collect()
}

/// The name before `()`, if the text begins with a call without arguments, as operations are.
fn called(text: &str) -> Option<&str> {
    let (name, _) = text.split_once("()")?;
    name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_').then_some(name)
}

fn action(operation: &str) -> Result<String, String> {
    let mut services = OPERATIONS.iter().filter(|(_, names)| names.contains(&operation));
    match services.next() {
        Some((service, _)) => Ok(format!("{service}:{}", camel(operation))),
        None => Err(format!("client.{operation}() is no operation that is known here")),
    }
}

/// White space goes too, so that a call is found wherever the formatter broke its line.
fn without_tests_and_comments(source: &str) -> String {
    let code = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.flat_map(str::split_whitespace).collect()
}

fn camel(name: &str) -> String {
    let mut out = String::new();
    for word in name.split('_') {
        let mut letters = word.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &[&str]) {
        let found = actions(source).unwrap();
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn calls_of_both_services() {
        let source = "
            let page = self.client
                .query()
                .table_name(table);
            page.send().await;
            self.client.put_metric_data().namespace(n).send().await;
        ";
        check(source, &["cloudwatch:PutMetricData", "dynamodb:Query"]);
    }

    #[test]
    fn a_query_of_an_address_is_none() {
        check("let tickers = uri.query(); self.client.query().send();", &["dynamodb:Query"]);
        check("let tickers = uri.query(); http_client.request(r);", &[]);
    }

    #[test]
    fn comments_and_tests_do_not_call() {
        check("// client.scan().send()\n#[cfg(test)]\nmod tests { fn f() { client.put_item().send(); } }", &[]);
    }

    #[test]
    fn an_operation_that_is_not_known_is_an_error() {
        let error = actions("self.client.search_vectors().send().await").unwrap_err();
        assert_eq!(error, "client.search_vectors() is no operation that is known here");
    }

    #[test]
    fn a_request_from_nowhere_is_an_error() {
        let error = actions("dynamo.query().send().await").unwrap_err();
        assert_eq!(error, "requests are sent, but no client is asked for an operation");
    }
}
