# Every environment variable that the binary reads stands in exactly one of these maps; a test of the workspace
# (tests/policy) compares them with the list in the code, both ways.

locals {
  # Set on every deployment.
  set = {
    ENVIRONMENT       = var.environment
    SSE_STORE         = "dynamodb"
    SENTIMENTS_TABLE  = var.sentiments_table
    SENTIMENTS_INDEX  = var.sentiments_index
    SSE_STREAM_MAX_MS = tostring(var.stream_max_ms)

    # The two adapters that staging and prod may choose differently.
    SSE_METRICS           = var.metrics
    SSE_METRICS_NAMESPACE = var.metrics_namespace
    SSE_TELEMETRY         = var.telemetry

    # One service: the name is the same in both pipelines (FR-047).
    OTEL_SERVICE_NAME       = var.service_name
    POWERTOOLS_SERVICE_NAME = var.service_name

    # The collector is a neighbour in the same sandbox (FR-054); collector.yaml listens there.
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://localhost:4318"
    OTEL_EXPORTER_OTLP_PROTOCOL = "http/protobuf"

    RUST_LOG = var.log_level
  }

  # Set if a value was given.
  set_if_given = {
    USERS_TABLE        = var.users_table
    SSE_JWT_PUBLIC_KEY = var.jwt_public_key
    SSE_JWT_ISSUER     = var.jwt_issuer
    SSE_JWT_AUDIENCE   = var.jwt_audience
  }

  # The binary's own default is meant; extra_environment may say otherwise.
  defaulted = {
    SSE_POLL_INTERVAL_MS              = "5 s: the cost in the README is worked out for it"
    SSE_READ_OVERLAP_MS               = "10 s suits writers that are late by less"
    SSE_FULL_READ_INTERVAL_MS         = "15 min: what it costs is a line of its own in the README"
    SSE_HEARTBEAT_INTERVAL_MS         = "15 s keeps every known intermediary's idle limit away"
    SSE_MAX_CONNECTIONS               = "per process: one on demand, where reserved concurrency is the limit; on Managed Instances what an environment is given at once, less a reserve that can still say `busy`"
    SSE_RETRY_MS                      = "3 s, spread per connection"
    SSE_WINDOW_S                      = "one day"
    SSE_WINDOW_MAX_ITEMS              = "measured to fit 512 MB"
    SSE_DEADLINE_MARGIN_MS            = "3 s: the refusal of a stream_max_ms beyond the deadline counts with it"
    SSE_FLUSH_TIMEOUT_MS              = "5 s, the most that is allowed (FR-055)"
    SSE_TRACE_BUDGET_BYTES            = "80 kB, below what X-Ray takes for a trace that arrives over time"
    SSE_RETAIN_BYTES                  = "1 MB"
    OTEL_EXPORTER_OTLP_HEADERS        = "none: a collector in the same environment asks for no credentials"
    OTEL_EXPORTER_OTLP_TRACES_HEADERS = "none, for the same reason"
    OTEL_RESOURCE_ATTRIBUTES          = "none: the service name and what Lambda says of the function"
    OTEL_TRACES_EXPORTER              = "otlp; none turns all tracing off"
    AWS_CA_BUNDLE                     = "Mozilla's authorities, which sign AWS's certificates; a file of your own for a proxy that opens connections"
    OTEL_SDK_DISABLED                 = "false; true is the switch that turns all tracing off in an emergency"
  }

  # What the binary starts with: least and most of each number above. Refused at plan time rather than by every start.
  ranges = {
    SSE_POLL_INTERVAL_MS      = [50, 60000]
    SSE_READ_OVERLAP_MS       = [0, 600000]
    SSE_FULL_READ_INTERVAL_MS = [1000, 86400000]
    SSE_HEARTBEAT_INTERVAL_MS = [200, 60000]
    SSE_MAX_CONNECTIONS       = [1, 100000]
    SSE_RETRY_MS              = [100, 600000]
    SSE_WINDOW_S              = [60, 2678400]
    SSE_WINDOW_MAX_ITEMS      = [1, 10000000]
    SSE_DEADLINE_MARGIN_MS    = [1000, 60000]
    SSE_FLUSH_TIMEOUT_MS      = [100, 5000]
    SSE_TRACE_BUDGET_BYTES    = [20000, 500000]
    SSE_RETAIN_BYTES          = [0, 4194304]
  }

  # Set by Lambda in every environment; its reserved names cannot be set at all.
  platform = {
    AWS_LAMBDA_RUNTIME_API      = "address of the Runtime API: its presence makes the binary a Lambda function"
    AWS_LAMBDA_MAX_CONCURRENCY  = "how many invocations it gives the process at once"
    AWS_LAMBDA_FUNCTION_NAME    = "the function's name, for the Lambda resource attributes of the spans"
    AWS_LAMBDA_FUNCTION_VERSION = "its version"
    AWS_LAMBDA_LOG_GROUP_NAME   = "its log group"
    AWS_LAMBDA_LOG_STREAM_NAME  = "its log stream"
    AWS_XRAY_DAEMON_ADDRESS     = "address of the X-Ray daemon, for the handler phase"
    AWS_LAMBDA_LOG_LEVEL        = "the level of the function's logging configuration, where it names one"
    AWS_REGION                  = "region of the SDK's clients"
    AWS_ACCESS_KEY_ID           = "credentials of the role"
    AWS_SECRET_ACCESS_KEY       = "credentials of the role"
    AWS_SESSION_TOKEN           = "credentials of the role"
  }

  # Never set on a deployment, and why: the reason is the message of the refusal.
  refused = {
    AWS_LAMBDA_EXEC_WRAPPER            = "a wrapper script would start a second instrumentation beside this one, and every call would be traced twice; the function refuses to start with it (FR-046)."
    OTEL_TRACES_SAMPLER                = "the sampler is not a choice: the function follows the decision in the trace header, else traces end in the middle (FR-056)."
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = "the collector listens where OTEL_EXPORTER_OTLP_ENDPOINT says; a second address could only disagree with collector.yaml."
    SSE_JWT_SECRET                     = "a shared secret is for development: it would stand readable in the function's configuration and in the state. Use jwt_public_key."
    AWS_ENDPOINT_URL                   = "it sends every AWS call somewhere else; it is for local servers."
    AWS_ENDPOINT_URL_DYNAMODB          = "it sends the calls to DynamoDB somewhere else; it is for local servers."
    AWS_ENDPOINT_URL_CLOUDWATCH        = "it sends the calls to CloudWatch somewhere else; it is for local servers."
    AWS_ENDPOINT_URL_XRAY              = "it sends spans somewhere else than to X-Ray; it is for local servers."
  }

  # Read by the collector extension, not by the binary.
  collector_reads = {
    OPENTELEMETRY_COLLECTOR_CONFIG_URI = "/var/task/collector.yaml"
    OPENTELEMETRY_EXTENSION_LOG_LEVEL  = "warn"
  }

  environment = merge(
    # With X-Ray's own endpoint there is no collector to be found.
    { for name, value in local.set : name => value if var.telemetry != "xray" || name != "OTEL_EXPORTER_OTLP_ENDPOINT" },
    { for name, value in local.set_if_given : name => value if value != null },
    local.collector ? local.collector_reads : {},
    { for name, value in var.extra_environment : name => value if !contains(local.service_names, name) },
  )

  # Not a setting here, only counted with; the default of SSE_DEADLINE_MARGIN_MS.
  deadline_margin_ms = try(tonumber(var.extra_environment["SSE_DEADLINE_MARGIN_MS"]), 3000)

  # The same, of SSE_HEARTBEAT_INTERVAL_MS.
  heartbeat_interval_ms = try(tonumber(var.extra_environment["SSE_HEARTBEAT_INTERVAL_MS"]), 15000)

  # Both may be repeated, as long as they say the same.
  service_names = ["OTEL_SERVICE_NAME", "POWERTOOLS_SERVICE_NAME"]

  extra_names    = toset(keys(var.extra_environment))
  extra_refused  = sort(setintersection(local.extra_names, keys(local.refused)))
  extra_platform = sort(setintersection(local.extra_names, keys(local.platform)))
  extra_out_of_range = [
    for name, range in local.ranges : name
    if contains(keys(var.extra_environment), name) &&
    !try(
      length(regexall("^[0-9]+$", var.extra_environment[name])) == 1 &&
      tonumber(var.extra_environment[name]) >= range[0] && tonumber(var.extra_environment[name]) <= range[1],
      false,
    )
  ]
  extra_unequal_names = [for name in local.service_names : name if lookup(var.extra_environment, name, var.service_name) != var.service_name]
  extra_owned = sort(setintersection(
    setsubtract(local.extra_names, local.service_names),
    setsubtract(setunion(keys(local.set), keys(local.set_if_given), ["OPENTELEMETRY_COLLECTOR_CONFIG_URI"]), local.service_names),
  ))
  extra_unknown = sort(setsubtract(
    local.extra_names,
    setunion(
      keys(local.set),
      keys(local.set_if_given),
      keys(local.defaulted),
      keys(local.platform),
      keys(local.refused),
      keys(local.collector_reads),
    ),
  ))

  # Names, and ARNs of this region; null is no users' table.
  misnamed_tables = [
    for table in [var.sentiments_table, var.users_table] : table
    if !can(regex("^([a-zA-Z0-9_.-]{3,255}|arn:aws[a-z-]*:dynamodb:${var.region}:[0-9]{12}:table/[a-zA-Z0-9_.-]{3,255})$", coalesce(table, "none")))
  ]
}
