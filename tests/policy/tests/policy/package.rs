//! The package, as the script makes it and the roots take it.

use sse_policy::files;
use sse_policy::terraform::{Module, attribute, written};

#[test]
fn the_roots_take_what_the_script_makes() {
    let script = files::read("terraform/package").unwrap();
    assert!(script.contains("zip=$root/target/lambda/sse-streaming-$architecture.zip"));
    assert!(script.contains("--package sse-streaming --bin sse-streaming"));
    assert!(script.contains(r#"("bootstrap", code, 0o755)"#));
    for root in ["staging", "prod"] {
        let module = Module::read(format!("terraform/{root}")).unwrap();
        let call = module.block("module", &["sse_streaming"]).unwrap();
        let package = written(attribute(call, "package").unwrap());
        assert_eq!(package, "${path.root}/../../target/lambda/sse-streaming-${var.architecture}.zip");
        assert_eq!(written(attribute(call, "environment").unwrap()), root);
    }
}

#[test]
fn the_binary_has_that_name() {
    let manifest = files::read("app/Cargo.toml").unwrap();
    assert!(manifest.contains("name = \"sse-streaming\""));
}
