//! What a function finds after a long freeze, and a table that runs out of capacity.

use std::{io::ErrorKind, time::Duration};

use lambda_env::{Capacity, FakeAws, Item, StaleConnections, TableSpec};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::within;

fn request(operation: &str, body: &str) -> String {
    let head = format!("POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n");
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
}

async fn ask(connection: &mut TcpStream, request: &str) -> std::io::Result<String> {
    connection.write_all(request.as_bytes()).await?;
    let mut buffer = [0; 4_096];
    let count = connection.read(&mut buffer).await?;
    Ok(String::from_utf8_lossy(&buffer[..count]).into_owned())
}

#[tokio::test]
async fn connections_from_before_are_reset_at_once_or_on_use_or_swallow_everything() {
    let aws = FakeAws::start().unwrap();
    let list = request("ListTables", "{}");
    for how in [StaleConnections::Reset, StaleConnections::ResetOnUse, StaleConnections::Silent] {
        let mut connection = TcpStream::connect(aws.address()).await.unwrap();
        assert!(within(ask(&mut connection, &list)).await.unwrap().starts_with("HTTP/1.1 200"));
        let open = aws.make_connections_stale(how);
        assert!(open >= 1, "{how:?}: {open}");
        let answer = tokio::time::timeout(Duration::from_millis(300), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            ask(&mut connection, &list).await
        });
        match (how, answer.await) {
            (StaleConnections::Silent, answer) => assert!(answer.is_err(), "{answer:?}"),
            (_, Ok(Err(error))) => {
                assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error:?}");
            }
            (_, answer) => panic!("{how:?}: {answer:?}"),
        }
        let mut new = TcpStream::connect(aws.address()).await.unwrap();
        assert!(within(ask(&mut new, &list)).await.unwrap().starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn a_table_throttles_once_its_capacity_is_used_up() {
    let aws = FakeAws::start().unwrap();
    aws.create_table(TableSpec::new("t", "k"));
    aws.put("t", Item::new().text("k", "a").null("score").text_set("tickers", &["A", "B"]));
    aws.set_capacity("t", Some(Capacity { per_second: 0.0, burst: 1.0 }));
    let get = request("GetItem", r#"{"TableName":"t","Key":{"k":{"S":"a"}},"ConsistentRead":true}"#);
    let mut connection = TcpStream::connect(aws.address()).await.unwrap();
    let first = within(ask(&mut connection, &get)).await.unwrap();
    assert!(first.contains(r#""score":{"NULL":true}"#) && first.contains(r#""SS":["A","B"]"#), "{first}");
    let second = within(ask(&mut connection, &get)).await.unwrap();
    assert!(second.contains("ProvisionedThroughputExceededException"), "{second}");
    aws.set_capacity("t", None);
    assert!(within(ask(&mut connection, &get)).await.unwrap().starts_with("HTTP/1.1 200"));
}
