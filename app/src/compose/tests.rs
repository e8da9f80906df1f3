use super::*;
use crate::config;
use futures::executor::block_on;

fn compose_with(variables: &[(&str, &str)], items: Option<&Path>) -> Result<Wiring, String> {
    let environment = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    let (config, errors) = config::read(&environment);
    block_on(compose(&config, errors, items)).map_err(|errors| errors.to_string())
}

#[test]
fn adapters_problems_join_those_of_the_parsing() {
    let short = "hidden-secret";
    let errors = compose_with(
        &[
            ("SSE_JWT_SECRET", short),
            ("AWS_XRAY_DAEMON_ADDRESS", "nowhere"),
            ("SSE_RETRY_MS", "x"),
            ("SSE_STORE", "memory"),
        ],
        Some(Path::new("no/such/file.jsonl")),
    )
    .err()
    .expect("problems");
    for name in ["SSE_JWT_SECRET", "AWS_XRAY_DAEMON_ADDRESS", "SSE_RETRY_MS", "--items no/such/file.jsonl"] {
        assert!(errors.contains(name), "{name} in {errors}");
    }
    assert!(!errors.contains(short), "{errors}");
}

#[test]
fn a_proxy_that_aws_calls_would_go_past_is_refused_by_name() {
    let socks = ("ALL_PROXY", "socks5://user:hidden@proxy:1080");
    let errors = compose_with(&[socks, ("SENTIMENTS_TABLE", "items")], None).err().expect("problems");
    assert!(errors.contains("ALL_PROXY is not the address of a proxy") && !errors.contains("hidden"), "{errors}");
    assert!(compose_with(&[socks], None).is_ok(), "a store in memory calls nobody");
}

#[test]
fn a_key_is_looked_into() {
    let errors = compose_with(&[("SSE_JWT_PUBLIC_KEY", "no key")], None).err().expect("problems");
    assert!(errors.contains("SSE_JWT_PUBLIC_KEY is no good key: no PEM block"), "{errors}");
}

#[test]
fn only_a_service_in_memory_shows_its_spans() {
    assert!(compose_with(&[], None).is_ok_and(|composed| composed.spans.is_some()));
    let off = compose_with(&[("OTEL_SDK_DISABLED", "true")], None).expect("composed");
    assert!(off.spans.is_none());
    let header = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1";
    assert!(!off.service.trace_context(Some(header)).is_sampled(), "disabled is disabled");
    let on = compose_with(&[("SSE_TELEMETRY", "stdout")], None).expect("composed");
    assert!(on.spans.is_none() && on.service.trace_context(Some(header)).is_sampled());
}

#[test]
fn what_x_ray_needs_and_is_not_there_is_named() {
    let compose_xray = |more: &[(&str, &str)]| compose_with(&[&[("SSE_TELEMETRY", "xray")], more].concat(), None).err();
    let errors = compose_xray(&[("AWS_CA_BUNDLE", "no/such/file.pem")]).expect("problems");
    assert!(errors.contains("AWS_CA_BUNDLE is \"no/such/file.pem\": No such file"), "{errors}");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let errors = compose_xray(&[("AWS_CA_BUNDLE", file)]).expect("problems");
    assert!(errors.contains("holds no certificate"), "{errors}");
}
