// expect: E0505 | a handler decorator kept for the stream
// Rule: FR-060.
#![allow(unused)]
include!("prelude.inc");
async fn f(inv: Invocation<Handler>, raw: Untraced<dyn ConfigurationStore>, id: StreamIdentity, user: UserId) {
    let configurations = TracedConfigurationStore::new(&inv, &raw);
    let streaming = inv.into_streaming(id, Timestamp::default());
    let _ = configurations.get(&user, "x").await;
}
fn main() {}
