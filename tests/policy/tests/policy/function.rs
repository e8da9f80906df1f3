//! The function and its URL: what the code relies on that only the platform can give.

use crate::{module, settings, sources};
use sse_policy::terraform::{Module, attribute, list, nested, object, written};
use std::collections::BTreeSet;

/// An argument of the function, as written.
pub(crate) fn of(module: &Module, argument: &str) -> String {
    let function = module.block("resource", &["aws_lambda_function", "this"]).unwrap();
    written(attribute(function, argument).unwrap())
}

fn default_of(variable: &str) -> String {
    written(settings().default_of(variable).unwrap())
}

#[test]
fn runtime_memory_and_time() {
    let module = module();
    assert_eq!(of(&module, "runtime"), "provided.al2023");
    assert_eq!(of(&module, "handler"), "bootstrap");
    assert_eq!(of(&module, "publish"), "true");
    for (argument, variable, default) in [("memory_size", "memory_mb", "512"), ("timeout", "timeout_s", "330")] {
        assert_eq!(of(&module, argument), format!("module.settings.{variable}"));
        assert_eq!(default_of(variable), default);
    }
    let function = module.block("resource", &["aws_lambda_function", "this"]).unwrap();
    assert_eq!(list(attribute(function, "architectures").unwrap()).unwrap(), ["module.settings.architecture"]);
}

#[test]
fn environment_and_tracing_come_from_the_settings() {
    let module = module();
    let function = module.block("resource", &["aws_lambda_function", "this"]).unwrap();
    let environment = nested(function, "environment")[0];
    assert_eq!(written(attribute(environment, "variables").unwrap()), "module.settings.environment");
    let tracing = nested(function, "tracing_config")[0];
    assert_eq!(written(attribute(tracing, "mode").unwrap()), "module.settings.tracing_mode");
    assert!(nested(function, "vpc_config").is_empty(), "a VPC buffers the response");
}

#[test]
fn every_setting_is_handed_on() {
    let settings = settings();
    let module = module();
    let call = module.block("module", &["settings"]).unwrap();
    for variable in settings.names("variable") {
        assert!(attribute(call, variable).is_some(), "the module does not hand on {variable}");
    }
}

/// Rule: FR-047.
#[test]
fn one_service_name() {
    let set = object(settings().local("set").unwrap()).unwrap();
    assert_eq!(set["OTEL_SERVICE_NAME"], set["POWERTOOLS_SERVICE_NAME"]);
    assert_eq!(set["OTEL_SERVICE_NAME"], "var.service_name");
}

#[test]
fn the_url_streams_from_the_alias() {
    let module = module();
    let url = module.block("resource", &["aws_lambda_function_url", "live"]).unwrap();
    assert_eq!(written(attribute(url, "invoke_mode").unwrap()), "RESPONSE_STREAM");
    assert_eq!(written(attribute(url, "qualifier").unwrap()), "aws_lambda_alias.live.name");
}

/// `serve` and the Function URL answer pages of other origins alike, or a front end works in development only.
#[test]
fn cors_is_the_same_on_loopback_and_deployed() {
    let (_, code) = sources("app/src/serve").into_iter().find(|(path, _)| path.ends_with("cors.rs")).unwrap();
    let in_code = |constant: &str| -> BTreeSet<String> {
        let value = code.split(&format!("const {constant}: &str = \"")).nth(1).unwrap();
        let value = value.split("\";").next().unwrap().replace('\\', " ");
        value.split(',').map(|header| header.trim().to_owned()).collect()
    };
    let module = module();
    let deployed =
        |local: &str| -> BTreeSet<String> { list(module.local(local).unwrap()).unwrap().into_iter().collect() };
    assert_eq!(in_code("ALLOWED_HEADERS"), deployed("cors_allowed_headers"));
    assert_eq!(in_code("EXPOSED_HEADERS"), deployed("cors_exposed_headers"));
    assert!(in_code("ALLOWED_HEADERS").len() > 5);
    let urls = module.resources("aws_lambda_function_url");
    assert!(urls.contains(&"live") && urls.contains(&"configurations"), "{urls:?}");
    for url in urls {
        let cors = nested(module.block("resource", &["aws_lambda_function_url", url]).unwrap(), "cors")[0];
        assert_eq!(written(attribute(cors, "allow_headers").unwrap()), "local.cors_allowed_headers", "{url}");
        assert_eq!(written(attribute(cors, "expose_headers").unwrap()), "local.cors_exposed_headers", "{url}");
    }
}
