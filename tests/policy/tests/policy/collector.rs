//! Function and collector meet: the address, the configuration's place, the layer.

use crate::{module, settings};
use sse_policy::files;
use sse_policy::terraform::{list, object, written};
use yaml_rust2::{Yaml, YamlLoader};

fn collector() -> Yaml {
    let text = files::read("terraform/collector.yaml").unwrap();
    YamlLoader::load_from_str(&text).unwrap().remove(0)
}

fn names(map: &Yaml) -> Vec<&str> {
    map.as_hash().unwrap().keys().filter_map(Yaml::as_str).collect()
}

#[test]
fn it_listens_where_the_function_sends() {
    let set = object(settings().local("set").unwrap()).unwrap();
    let collector = collector();
    let protocols = &collector["receivers"]["otlp"]["protocols"];
    let address = protocols["http"]["endpoint"].as_str().unwrap();
    assert_eq!(set["OTEL_EXPORTER_OTLP_ENDPOINT"], format!("http://{address}"));
    assert_eq!(set["OTEL_EXPORTER_OTLP_PROTOCOL"], "http/protobuf");
    assert_eq!(names(protocols), ["http"], "a second receiver costs memory, and nobody sends to it");
}

#[test]
fn it_sends_to_xray_and_nowhere_else() {
    let collector = collector();
    let pipelines = &collector["service"]["pipelines"];
    assert_eq!(names(pipelines), ["traces"]);
    assert_eq!(names(&collector["exporters"]), ["awsxray"]);
    assert_eq!(pipelines["traces"]["exporters"][0].as_str(), Some("awsxray"));
    assert_eq!(pipelines["traces"]["receivers"][0].as_str(), Some("otlp"));
    // The layer has none compiled in: naming one keeps the collector from starting.
    assert!(collector["processors"].is_badvalue() && pipelines["traces"]["processors"].is_badvalue());
}

#[test]
fn it_gives_up_an_attempt_while_there_is_time_for_another() {
    let collector = collector();
    // The exporter has 5 s for all attempts, as the function has for its flush, and waits up to 2 s between two.
    let seconds = collector["exporters"]["awsxray"]["request_timeout_seconds"].as_i64().unwrap();
    assert!((1..=2).contains(&seconds), "{seconds}");
}

#[test]
fn its_configuration_is_named_where_the_package_puts_it() {
    let reads = object(settings().local("collector_reads").unwrap()).unwrap();
    assert_eq!(reads["OPENTELEMETRY_COLLECTOR_CONFIG_URI"], "/var/task/collector.yaml");
    let package = files::read("terraform/package").unwrap();
    assert!(package.contains(r#"("collector.yaml", collector.read_bytes(), 0o644)"#));
}

#[test]
fn its_layer_is_the_plain_collector_of_region_and_processor() {
    let settings = settings();
    let arn = written(settings.local("layer_arn").unwrap());
    assert!(arn.contains("layer:aws-otel-collector-${local.collector_architectures[var.architecture]}"), "{arn}");
    assert!(arn.contains("lambda:${var.region}:"), "{arn}");
    assert_eq!(written(settings.local("collector_account").unwrap()), "901920570463");
    let architectures = object(settings.local("collector_architectures").unwrap()).unwrap();
    assert_eq!(architectures["x86_64"], "amd64");
    assert_eq!(architectures["arm64"], "arm64");
    assert!(list(settings.local("collector_regions").unwrap()).unwrap().len() >= 16);
    assert_eq!(crate::function::of(&module(), "layers"), "module.settings.layers");
}
