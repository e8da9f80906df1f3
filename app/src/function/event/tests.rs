use super::*;
use serde_json::{Value, json};

fn url_event() -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/api/v2/stream", "rawQueryString": "tickers=A%2CB",
        "cookies": ["a=b"],
        "headers": {"accept": "text/event-stream", "user-agent": "Zoë/1.0"},
        "requestContext": {
            "accountId": "anonymous", "apiId": "x", "domainName": "x.lambda-url.eu-central-1.on.aws",
            "domainPrefix": "x",
            "http": {"method": "GET", "path": "/api/v2/stream", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                     "userAgent": "Zoë/1.0"},
            "requestId": "r", "routeKey": "$default", "stage": "$default",
            "time": "22/Nov/2026:08:00:00 +0000", "timeEpoch": 1_795_334_400_000_u64
        },
        "isBase64Encoded": false
    })
}

/// As API Gateway sends it: what is empty is null.
fn rest_event() -> Value {
    json!({
        "resource": "/{proxy+}", "path": "/api/v2/stream", "httpMethod": "GET",
        "headers": {"Accept": "text/event-stream"}, "multiValueHeaders": {"Accept": ["text/event-stream"]},
        "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": {"proxy": "api/v2/stream"}, "stageVariables": null,
        "requestContext": {
            "resourceId": "x", "resourcePath": "/{proxy+}", "httpMethod": "GET", "path": "/prod/api/v2/stream",
            "stage": "prod", "requestId": "r", "apiId": "a", "identity": {"sourceIp": "192.0.2.1"},
            "protocol": "HTTP/1.1", "accountId": "111122223333"
        },
        "body": null, "isBase64Encoded": false
    })
}

fn read_text(payload: &str) -> Result<Request, BadEvent> {
    match read(payload.as_bytes())? {
        Incoming::Request(request) => Ok(request),
        Incoming::Ping => panic!("a ping: {payload}"),
    }
}

fn request(event: &Value) -> Request {
    read_text(&event.to_string()).unwrap_or_else(|bad| panic!("{bad}: {event}"))
}

fn without(mut event: Value, name: &str) -> Value {
    event.as_object_mut().unwrap().remove(name);
    event
}

#[test]
fn a_function_url_event_is_a_request() {
    let request = request(&url_event());
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/api/v2/stream"));
    assert_eq!(request.query, "tickers=A%2CB");
    assert_eq!(request.headers["accept"], "text/event-stream");
    assert!(request.headers.contains_key("user-agent"), "text beyond ASCII spoils nothing");
}

#[test]
fn a_rest_event_is_a_request() {
    let plain = request(&rest_event());
    assert_eq!((plain.method.as_str(), plain.path.as_str(), plain.query.as_str()), ("GET", "/api/v2/stream", ""));
    assert_eq!(plain.headers["accept"], "text/event-stream");

    let mut event = rest_event();
    event["queryStringParameters"] = json!({"tickers": "C&D", "user_token": "x"});
    event["multiValueQueryStringParameters"] = json!({"tickers": ["A B", "C&D"], "user_token": ["x"]});
    event["multiValueHeaders"] = json!({"Last-Event-ID": ["1", "2"]});
    let request = request(&event);
    assert_eq!(request.query, "tickers=A+B&tickers=C%26D&user_token=x");
    assert_eq!(request.headers.get_all("last-event-id").iter().count(), 2);
}

#[test]
fn single_values_are_read_where_there_are_no_lists() {
    let mut event = without(without(rest_event(), "multiValueHeaders"), "multiValueQueryStringParameters");
    event["queryStringParameters"] = json!({"tickers": "A"});
    let request = request(&event);
    assert_eq!((request.query.as_str(), request.headers.len()), ("tickers=A", 1));
}

#[test]
fn what_may_be_missing_may_be_missing() {
    for name in ["rawQueryString", "headers", "cookies", "routeKey"] {
        request(&without(url_event(), name));
    }
    for name in ["headers", "multiValueHeaders", "requestContext", "queryStringParameters", "body"] {
        request(&without(rest_event(), name));
    }
}

#[test]
fn odd_values_make_no_event_another_one() {
    let mut url = url_event();
    url["headers"]["x-odd"] = "a\u{1}b".into();
    url["headers"]["not a name"] = "x".into();
    url["headers"]["x-number"] = 1.into();
    url["cookies"] = json!({"a": 1});
    url["requestContext"]["authorizer"] = json!({"jwt": {"claims": {"iat": 1_795_334_400, "scope": null}}});
    url["requestContext"]["timeEpoch"] = "now".into();
    url["isBase64Encoded"] = Value::Null;
    let read = request(&url);
    assert_eq!(read.headers.len(), 2, "{:?}", read.headers);

    let mut rest = rest_event();
    rest["multiValueQueryStringParameters"] = json!({"tickers": ["A", null], "flag": null});
    rest["multiValueHeaders"]["X-Odd"] = json!(["a\nb", 7]);
    rest["requestContext"] = Value::Null;
    let read = request(&rest);
    assert_eq!((read.query.as_str(), read.headers.len()), ("tickers=A", 1));

    // No number of ours is as large: it is passed over, not read.
    let claim = url_event().to_string().replace("\"timeEpoch\":", "\"authorizer\":{\"exp\":1e999},\"timeEpoch\":");
    assert!(claim.contains("1e999") && read_text(&claim).is_ok());
}

#[test]
fn a_scheduled_ping_is_one() {
    let ping = json!({"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
    assert!(matches!(read(ping.to_string().as_bytes()), Ok(Incoming::Ping)));
}

#[test]
fn anything_else_is_refused_and_not_quoted() {
    let mut old = url_event();
    old["version"] = "1.0".into();
    let balancer = without(rest_event(), "resource");
    let mut odd_method = rest_event();
    odd_method["httpMethod"] = "GE T".into();
    for (payload, refusal) in [
        (old.to_string(), BadEvent::OtherKind),
        (without(url_event(), "version").to_string(), BadEvent::OtherKind),
        (without(url_event(), "rawPath").to_string(), BadEvent::OtherKind),
        (without(url_event(), "requestContext").to_string(), BadEvent::OtherKind),
        (without(rest_event(), "path").to_string(), BadEvent::OtherKind),
        (balancer.to_string(), BadEvent::OtherKind),
        (odd_method.to_string(), BadEvent::OtherKind),
        (json!({"Records": [{"eventSource": "aws:sqs"}]}).to_string(), BadEvent::OtherKind),
        ("{\"a\":".to_owned(), BadEvent::NotJson),
        (String::new(), BadEvent::NotJson),
        ("null".to_owned(), BadEvent::OtherKind),
        ("[1]".to_owned(), BadEvent::OtherKind),
    ] {
        assert_eq!(read_text(&payload).err(), Some(refusal), "{payload}");
    }
}
