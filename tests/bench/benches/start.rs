//! What a cold start adds: from the spawn of the program until it asks for its first event. This service with everything in memory,
//! and as deployed (DynamoDB and CloudWatch behind an endpoint, a collector, the daemon's address), beside stock `lambda_runtime`,
//! alternating in one run. Needs both binaries built with the release profile; `--smoke` makes a few rounds only.

use lambda_env::{
    Environment, FakeAws, Freeze, OtlpReceiver, TableSpec, XrayReceiver, environment::EnvironmentBuilder,
};
use sse_bench::{binary, is_smoke, report};

struct World {
    aws: FakeAws,
    collector: OtlpReceiver,
    daemon: XrayReceiver,
}

fn program(name: &str) -> EnvironmentBuilder {
    Environment::builder(binary(name)).freeze(Freeze::Never).var("ENVIRONMENT", "bench")
}

impl World {
    async fn new() -> Self {
        let aws = FakeAws::start().expect("a port");
        aws.create_table(TableSpec::new("items", "source_id").index("by_sentiment", "sentiment", "updated_at"));
        let collector = OtlpReceiver::start().expect("a port");
        let daemon = XrayReceiver::start().await.expect("a port");
        Self { aws, collector, daemon }
    }

    fn subjects(&self) -> [(&'static str, EnvironmentBuilder); 3] {
        let deployed = program("sse-streaming").beside(&self.aws).beside(&self.collector).beside(&self.daemon);
        [
            (
                "sse-streaming, in memory",
                program("sse-streaming").var("SSE_STORE", "memory").var("SSE_METRICS", "none"),
            ),
            ("sse-streaming, as deployed", deployed.var("SENTIMENTS_TABLE", "items")),
            ("stock", program("stock")),
        ]
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let world = World::new().await;
    let rounds = if is_smoke() { 2 } else { 40 };
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        for (times, (name, builder)) in times.iter_mut().zip(world.subjects()) {
            let environment = builder.start().await.expect(name);
            times.push(environment.init_duration().expect(name));
            environment.kill().await;
        }
    }
    for (times, (name, _)) in times.iter_mut().zip(world.subjects()) {
        report(name, times);
    }
}
