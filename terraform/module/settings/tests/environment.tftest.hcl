# What a deployment gets.

variables {
  environment      = "staging"
  region           = "eu-central-1"
  sentiments_table = "sse-streaming-staging-sentiments"
}

run "defaults" {
  command = plan

  assert {
    condition = output.environment == tomap({
      ENVIRONMENT                        = "staging"
      SSE_STORE                          = "dynamodb"
      SENTIMENTS_TABLE                   = "sse-streaming-staging-sentiments"
      SENTIMENTS_INDEX                   = "by_sentiment"
      SSE_STREAM_MAX_MS                  = "60000"
      SSE_METRICS                        = "cloudwatch"
      SSE_METRICS_NAMESPACE              = "SseStreaming"
      SSE_TELEMETRY                      = "adot"
      OTEL_SERVICE_NAME                  = "sse-streaming"
      POWERTOOLS_SERVICE_NAME            = "sse-streaming"
      OTEL_EXPORTER_OTLP_ENDPOINT        = "http://localhost:4318"
      OTEL_EXPORTER_OTLP_PROTOCOL        = "http/protobuf"
      RUST_LOG                           = "info"
      OPENTELEMETRY_COLLECTOR_CONFIG_URI = "/var/task/collector.yaml"
      OPENTELEMETRY_EXTENSION_LOG_LEVEL  = "warn"
    })
    error_message = "The environment of a default deployment changed: ${jsonencode(output.environment)}"
  }

  assert {
    condition     = one(output.layers) == "arn:aws:lambda:eu-central-1:901920570463:layer:aws-otel-collector-amd64-ver-0-156-0:1"
    error_message = "The default layer is the collector of this region and processor: ${jsonencode(output.layers)}"
  }

  assert {
    condition     = output.tracing_mode == "Active" && output.puts_metrics && output.memory_mb == 512 && output.timeout_s == 330
    error_message = "Active tracing, PutMetricData, 512 MB and 330 s are the defaults."
  }

  assert {
    condition     = output.name == "sse-streaming-staging"
    error_message = "The function is named after the service and the environment: ${output.name}"
  }
}

run "arm_takes_the_arm_collector" {
  command = plan

  variables {
    architecture = "arm64"
    region       = "us-west-2"
  }

  assert {
    condition     = one(output.layers) == "arn:aws:lambda:us-west-2:901920570463:layer:aws-otel-collector-arm64-ver-0-156-0:1"
    error_message = "Wrong layer: ${jsonencode(output.layers)}"
  }
}

run "adapters_are_swapped_by_variables_alone" {
  command = plan

  variables {
    metrics   = "emf"
    telemetry = "stdout"
  }

  assert {
    condition     = output.environment["SSE_METRICS"] == "emf" && output.environment["SSE_TELEMETRY"] == "stdout"
    error_message = "The adapters are not the ones asked for."
  }

  assert {
    condition     = !output.puts_metrics && length(output.layers) == 0 && !contains(keys(output.environment), "OPENTELEMETRY_COLLECTOR_CONFIG_URI")
    error_message = "Without PutMetricData and collector there is neither a right nor a layer for them."
  }

  assert {
    condition     = output.tracing_mode == "Active"
    error_message = "The handler phase is still traced."
  }
}

run "x_ray_itself_needs_no_layer" {
  command = plan

  variables {
    telemetry = "xray"
  }

  assert {
    condition = alltrue([
      output.environment["SSE_TELEMETRY"] == "xray",
      !contains(keys(output.environment), "OTEL_EXPORTER_OTLP_ENDPOINT"),
      length(output.layers) == 0,
      output.sends_to_xray,
      output.tracing_mode == "Active",
    ])
    error_message = "The function sends to X-Ray itself, with its own rights, and Lambda traces as before."
  }
}

run "telemetry_off_turns_the_platform_off_too" {
  command = plan

  variables {
    telemetry = "off"
  }

  assert {
    condition     = output.tracing_mode == "PassThrough" && length(output.layers) == 0
    error_message = "Off is off."
  }
}

run "what_is_given_is_set" {
  command = plan

  variables {
    users_table    = "users"
    jwt_public_key = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"
    jwt_issuer     = "https://issuer.example"
    jwt_audience   = "streams"
    extra_environment = {
      SSE_POLL_INTERVAL_MS    = "1000"
      POWERTOOLS_SERVICE_NAME = "sse-streaming"
    }
  }

  assert {
    condition = alltrue([
      output.environment["USERS_TABLE"] == "users",
      startswith(output.environment["SSE_JWT_PUBLIC_KEY"], "-----BEGIN PUBLIC KEY-----"),
      output.environment["SSE_JWT_ISSUER"] == "https://issuer.example",
      output.environment["SSE_JWT_AUDIENCE"] == "streams",
      output.environment["SSE_POLL_INTERVAL_MS"] == "1000",
    ])
    error_message = "A given value is missing: ${jsonencode(output.environment)}"
  }
}

run "null_means_the_default" {
  command = plan

  variables {
    service_name  = null
    timeout_s     = null
    stream_max_ms = null
    metrics       = null
    telemetry     = null
    architecture  = null
    memory_mb     = null
  }

  assert {
    condition     = output.environment["OTEL_SERVICE_NAME"] == "sse-streaming" && output.memory_mb == 512 && output.architecture == "x86_64"
    error_message = "The module passes null for what its user left out."
  }
}

run "every_name_stands_in_one_map_only" {
  command = plan

  assert {
    condition = length(distinct(flatten([
      for names in [local.set, local.set_if_given, local.defaulted, local.platform, local.refused, local.collector_reads] : keys(names)
      ]))) == sum([
      for names in [local.set, local.set_if_given, local.defaulted, local.platform, local.refused, local.collector_reads] : length(names)
    ])
    error_message = "A variable is in two maps of environment.tf at once."
  }
}

run "a_key_with_issuer_and_audience_or_no_key_at_all" {
  command = plan

  variables {
    require_token_claims = true
    jwt_public_key       = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"
    jwt_issuer           = "https://issuer.example"
    jwt_audience         = "streams"
  }
}

run "tables_by_arn_and_a_slower_heartbeat" {
  command = plan

  variables {
    sentiments_table  = "arn:aws:dynamodb:eu-central-1:999999999999:table/items"
    extra_environment = { SSE_HEARTBEAT_INTERVAL_MS = "20000" }
  }

  assert {
    condition     = output.environment["SENTIMENTS_TABLE"] == "arn:aws:dynamodb:eu-central-1:999999999999:table/items" && output.heartbeat_interval_ms == 20000
    error_message = "The table's ARN goes to the function as it is."
  }
}
