// expect: E0505 | a handler decorator kept for the stream
// Rule: FR-060.
#![allow(unused)]
include!("prelude.inc");
async fn f(inv: Invocation<Handler>, raw: Untraced<dyn ConfigurationStore>, id: StreamIdentity, user: UserId) {
    let configurations = TracedConfigurationStore::new(&inv, &raw);
    let streaming = into_streaming(inv, id, Timestamp::default()).0;
    let _ = configurations.get(&user, "x").await;
}
fn main() {}
