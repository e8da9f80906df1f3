//! Configuration streams: the token, the lookup in the handler phase, and which of the two pipelines shows it (FR-060).

use crate::{
    function::{World, stream},
    program::within,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use lambda_env::{AwsFault, Environment, Item, On, Response, TableSpec};
use lambda_trace::Clock;
use serde_json::{Value, json};
use sse_adapters::system::SystemClock;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn token(user: &str, seconds_left: i64) -> String {
    let now = i64::try_from(SystemClock.now().millis() / 1_000).expect("a date");
    let claims = json!({"sub": user, "exp": now + seconds_left});
    encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).expect("a token")
}

fn configuration(user: &str, id: &str, status: &str) -> Item {
    Item::new()
        .text("PK", &format!("USER#{user}"))
        .text("SK", &format!("CONFIG#{id}"))
        .text("status", status)
        .texts("tickers", &["aapl", "ZZZ"])
}

async fn ask(function: &Environment, id: &str, token: &str) -> Response {
    let request =
        stream(&format!("/api/v2/configurations/{id}/stream")).header("authorization", &format!("Bearer {token}"));
    let response = within(within(function.invoke(request)).await.expect("a process").finish()).await;
    within(function.idle()).await;
    response
}

fn status(response: &Response) -> Option<u16> {
    response.prelude().map(|prelude| prelude.status)
}

#[tokio::test]
async fn a_configuration_is_looked_up_once_and_shown_once() {
    let _turn = crate::turns::shared().await;
    let world = World::new().await;
    world.aws.create_table(TableSpec::new("users", "PK").sort("SK"));
    assert!(world.aws.put("users", configuration("u-1", "c-1", "active")));
    assert!(world.aws.put("users", configuration("u-1", "c-2", "paused")));
    let function =
        world.function().var("USERS_TABLE", "users").var("SSE_JWT_SECRET", SECRET).var("SSE_STREAM_MAX_MS", "250");
    let function = within(function.start()).await.expect("a start");

    let good = token("u-1", 60);
    let response = ask(&function, "c-1", &good).await;
    assert_eq!(
        (status(&response), response.prelude().expect("a head").headers["cache-control"].as_str()),
        (Some(200), "no-store")
    );
    let events = response.events();
    assert_eq!(events[0].json()["tickers"], json!(["AAPL", "ZZZ"]));
    assert!(events.iter().all(|event| event.name != "metrics"));
    // The lookup is in the subsegment of its own invocation, and in no OTLP span.
    let documents = within(world.daemon.wait_for(1)).await;
    let calls: Vec<_> =
        documents.iter().flat_map(|d| d.flattened()).filter(|s| s["name"] == "DynamoDB").cloned().collect();
    assert_eq!(
        (calls.len(), &calls[0]["aws"]["operation"], &calls[0]["aws"]["table_name"]),
        (1, &json!("GetItem"), &json!("users"))
    );
    assert!(world.collector.spans().iter().all(|s| s.span.text("rpc.method") != "GetItem"));

    for (id, token, expected) in [
        ("c-2", good.as_str(), 404),
        ("c-3", &good, 404),
        ("c-1", &token("u-2", 60), 404),
        ("c-1", &token("u-1", -1), 401),
        ("c-1", "odd", 401),
    ] {
        assert_eq!(status(&ask(&function, id, token).await), Some(expected), "{id}");
    }
    world.aws.fault(On::operation("GetItem"), AwsFault::AccessDenied);
    for _ in 0..2 {
        assert_eq!(status(&ask(&function, "c-1", &good).await), Some(503), "never 404 for that");
    }
    world.aws.clear_faults();
    assert_eq!(status(&ask(&function, "c-1", &good).await), Some(200));
    told_once(&function.log().json());
    for line in function.log().lines() {
        assert!(!line.text.contains(&good) && !line.text.contains("u-1"), "{}", line.text);
    }
    assert!(!format!("{:?}{:?}", world.collector.spans(), world.daemon.documents()).contains("u-1"));
    assert_eq!(function.violations(), []);
}

/// That lookups fail is told once, with what has to be known to mend it; and once that they succeed again.
fn told_once(lines: &[Value]) {
    let said: Vec<_> = lines
        .iter()
        .filter(|line| line["message"].as_str().is_some_and(|m| m.starts_with("configurations c")))
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(
        (&said[0]["level"], &said[0]["table"], &said[0]["region"]),
        (&json!("WARN"), &json!("users"), &json!("eu-central-1"))
    );
    assert_eq!(said[0]["error_type"], "AccessDeniedException");
    assert!(said[0]["message"].as_str().is_some_and(|m| m.contains("denied: ")), "AWS's own words: {said:?}");
    assert_eq!(said[1]["message"], "configurations can be looked up again");
}
