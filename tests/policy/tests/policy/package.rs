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
        let made = "\"${path.root}/../../target/lambda/sse-streaming-${var.architecture}.zip\"";
        assert!(package.contains(made), "{package}");
        assert_eq!(written(attribute(call, "environment").unwrap()), root);
    }
}

#[test]
fn prod_is_watched_and_protected_unless_somebody_says_otherwise() {
    let prod = Module::read("terraform/prod").unwrap();
    for variable in ["alarms", "dashboard", "deletion_protection"] {
        assert_eq!(written(prod.default_of(variable).unwrap()), "true", "{variable}");
    }
    let call = prod.block("module", &["sse_streaming"]).unwrap();
    assert_eq!(written(attribute(call, "require_token_claims").unwrap()), "true");
    // A variable of a root that goes nowhere would be a choice without effect.
    for root in ["staging", "prod"] {
        let text = files::read(format!("terraform/{root}/main.tf")).unwrap();
        for variable in Module::read(format!("terraform/{root}")).unwrap().names("variable") {
            assert!(text.contains(&format!("var.{variable}")), "{root} does not use {variable}");
        }
    }
}

#[test]
fn the_binary_has_that_name() {
    let manifest = files::read("app/Cargo.toml").unwrap();
    assert!(manifest.contains("name = \"sse-streaming\""));
}
