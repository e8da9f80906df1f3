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
    set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    set("AWS_LAMBDA_LOG_GROUP_NAME", &group);
    set("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef");
    if function.concurrency > 1 {
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

#[cfg(test)]
mod tests {
    use super::*;

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
