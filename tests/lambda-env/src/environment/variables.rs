//! The variables that Lambda sets for a function on an OS-only runtime. It reads nothing of this process's environment but
//! the search path.

use std::{collections::BTreeMap, net::SocketAddr};

use crate::function::Function;

/// Something beside the function that it is told of by variables.
pub trait Sidecar {
    /// Names and values.
    fn variables(&self) -> Vec<(String, String)>;
}

/// Everything that Lambda sets, for a function whose Runtime API is at `api`.
pub(super) fn lambda(function: &Function, api: SocketAddr) -> BTreeMap<String, String> {
    let group = format!("/aws/lambda/{}", function.name);
    let mut variables = BTreeMap::new();
    let mut set = |name: &str, value: &str| variables.insert(name.to_owned(), value.to_owned());
    set("AWS_LAMBDA_RUNTIME_API", &api.to_string());
    set("AWS_LAMBDA_FUNCTION_NAME", &function.name);
    set("AWS_LAMBDA_FUNCTION_VERSION", &function.version);
    set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &function.memory_mb.to_string());
    set("AWS_LAMBDA_INITIALIZATION_TYPE", if function.is_managed() { "lambda-managed-instances" } else { "on-demand" });
    set("AWS_LAMBDA_LOG_GROUP_NAME", &group);
    set("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef");
    if function.is_managed() {
        set("AWS_LAMBDA_LOG_FORMAT", "JSON");
    }
    if function.concurrency > 1 || function.is_managed() {
        set("AWS_LAMBDA_MAX_CONCURRENCY", &function.concurrency.to_string());
    }
    set("AWS_REGION", &function.region);
    set("AWS_DEFAULT_REGION", &function.region);
    set("AWS_ACCESS_KEY_ID", "ASIAEMULATED00000000");
    set("AWS_SECRET_ACCESS_KEY", "emulated-and-worth-nothing");
    set("AWS_SESSION_TOKEN", "emulated-and-worth-nothing");
    set("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR");
    set("_HANDLER", &function.handler);
    set("LAMBDA_TASK_ROOT", "/var/task");
    set("LAMBDA_RUNTIME_DIR", "/var/runtime");
    set("LANG", "en_US.UTF-8");
    set("TZ", ":UTC");
    set("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin");
    set("LD_LIBRARY_PATH", "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib");
    variables
}

/// What Managed Instances does to the variables once those of the function's owner are in: names with a leading underscore
/// are its own, and the daemon's address comes in a second spelling. `is_extension`: extensions are told nothing of X-Ray.
pub(super) fn as_managed(variables: &mut BTreeMap<String, String>, is_extension: bool) {
    const DAEMON: &str = "AWS_XRAY_DAEMON_ADDRESS";
    variables.retain(|name, _| !name.starts_with('_') || name == "_HANDLER");
    if is_extension {
        variables.retain(|name, _| !name.starts_with("AWS_XRAY_"));
    } else if let Some(address) = variables.get(DAEMON).cloned() {
        if let Some((_, port)) = address.rsplit_once(':') {
            variables.insert("_AWS_XRAY_DAEMON_PORT".to_owned(), port.to_owned());
        }
        variables.insert(format!("_{DAEMON}"), address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::Platform;

    #[test]
    fn managed_instances_says_so_and_keeps_names_with_an_underscore_for_itself() {
        let api = SocketAddr::from(([127, 0, 0, 1], 9001));
        let function = Function { platform: Platform::ManagedInstances, ..Function::default() };
        let mut variables = lambda(&function, api);
        variables.insert("_X_AMZN_TRACE_ID".to_owned(), "Root=1-6-a".to_owned());
        variables.insert("AWS_XRAY_DAEMON_ADDRESS".to_owned(), "127.0.0.1:2000".to_owned());
        let mut extension = variables.clone();
        as_managed(&mut variables, false);
        assert_eq!(variables["AWS_LAMBDA_INITIALIZATION_TYPE"], "lambda-managed-instances");
        assert_eq!((&*variables["AWS_LAMBDA_MAX_CONCURRENCY"], &*variables["AWS_LAMBDA_LOG_FORMAT"]), ("1", "JSON"));
        assert_eq!(variables["_AWS_XRAY_DAEMON_ADDRESS"], variables["AWS_XRAY_DAEMON_ADDRESS"]);
        assert_eq!(variables["_AWS_XRAY_DAEMON_PORT"], "2000");
        assert!(!variables.contains_key("_X_AMZN_TRACE_ID") && variables.contains_key("_HANDLER"));
        as_managed(&mut extension, true);
        assert!(!extension.keys().any(|name| name.contains("XRAY")));
    }

    #[test]
    fn concurrency_is_told_only_where_lambda_tells_it() {
        let api = SocketAddr::from(([127, 0, 0, 1], 9001));
        let mut function = Function::default();
        let alone = lambda(&function, api);
        assert_eq!(alone["AWS_LAMBDA_RUNTIME_API"], "127.0.0.1:9001");
        assert!(!alone.contains_key("AWS_LAMBDA_MAX_CONCURRENCY"));
        function.concurrency = 10;
        assert_eq!(lambda(&function, api)["AWS_LAMBDA_MAX_CONCURRENCY"], "10");
    }
}
