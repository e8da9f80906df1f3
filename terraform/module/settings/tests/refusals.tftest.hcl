# What a deployment cannot get: each run asks for one forbidden thing, and passes only if exactly that is refused.

variables {
  environment      = "staging"
  region           = "eu-central-1"
  sentiments_table = "sse-streaming-staging-sentiments"
}

# Rule: FR-046.
run "an_exec_wrapper" {
  command = plan
  variables {
    extra_environment = { AWS_LAMBDA_EXEC_WRAPPER = "/opt/otel-handler" }
  }
  expect_failures = [terraform_data.no_refused_variable]
}

run "a_sampler" {
  command = plan
  variables {
    extra_environment = { OTEL_TRACES_SAMPLER = "traceidratio" }
  }
  expect_failures = [terraform_data.no_refused_variable]
}

run "even_the_right_sampler_by_name" {
  command = plan
  variables {
    extra_environment = { OTEL_TRACES_SAMPLER = "parentbased_always_on" }
  }
  expect_failures = [terraform_data.no_refused_variable]
}

run "a_second_endpoint" {
  command = plan
  variables {
    extra_environment = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = "http://localhost:4319/v1/traces" }
  }
  expect_failures = [terraform_data.no_refused_variable]
}

run "a_shared_secret" {
  command = plan
  variables {
    extra_environment = { SSE_JWT_SECRET = "0123456789abcdef0123456789abcdef" }
  }
  expect_failures = [terraform_data.no_refused_variable]
}

# Rule: FR-047.
run "unequal_service_names_powertools" {
  command = plan
  variables {
    extra_environment = { POWERTOOLS_SERVICE_NAME = "another" }
  }
  expect_failures = [terraform_data.one_service_name]
}

# Rule: FR-047.
run "unequal_service_names_otel" {
  command = plan
  variables {
    service_name      = "streams"
    extra_environment = { OTEL_SERVICE_NAME = "sse-streaming" }
  }
  expect_failures = [terraform_data.one_service_name]
}

run "what_a_variable_of_the_module_sets" {
  command = plan
  variables {
    extra_environment = { SSE_TELEMETRY = "memory" }
  }
  expect_failures = [terraform_data.no_repeated_variable]
}

run "what_lambda_sets" {
  command = plan
  variables {
    extra_environment = { AWS_XRAY_DAEMON_ADDRESS = "127.0.0.1:2000" }
  }
  expect_failures = [terraform_data.no_platform_variable]
}

run "a_misspelt_name" {
  command = plan
  variables {
    extra_environment = { SSE_POLL_INTERVALL_MS = "1000" }
  }
  expect_failures = [terraform_data.no_unknown_variable]
}

run "more_spans_kept_than_can_be_printed" {
  command = plan
  variables {
    extra_environment = { SSE_RETAIN_BYTES = "4194305" }
  }
  expect_failures = [terraform_data.numbers_in_range]
}

run "a_number_that_is_none" {
  command = plan
  variables {
    extra_environment = { SSE_POLL_INTERVAL_MS = "5s" }
  }
  expect_failures = [terraform_data.numbers_in_range]
}

run "a_vpc" {
  command = plan
  variables {
    vpc_config = { subnet_ids = ["subnet-1"], security_group_ids = [] }
  }
  expect_failures = [var.vpc_config]
}

run "a_stream_longer_than_the_invocation" {
  command = plan
  variables {
    timeout_s     = 300
    stream_max_ms = 300000
  }
  expect_failures = [terraform_data.stream_within_invocation]
}

run "a_layer_of_another_region" {
  command = plan
  variables {
    collector_layer_arn = "arn:aws:lambda:us-east-1:901920570463:layer:aws-otel-collector-amd64-ver-0-156-0:1"
  }
  expect_failures = [terraform_data.layer_of_the_region]
}

run "a_layer_for_another_processor" {
  command = plan
  variables {
    collector_layer_arn = "arn:aws:lambda:eu-central-1:901920570463:layer:aws-otel-collector-arm64-ver-0-156-0:1"
  }
  expect_failures = [terraform_data.layer_of_the_processor]
}

run "a_region_without_the_layer" {
  command = plan
  variables {
    region = "af-south-1"
  }
  expect_failures = [terraform_data.layer_is_known]
}

run "a_language_layer" {
  command = plan
  variables {
    collector_layer_arn = "arn:aws:lambda:eu-central-1:901920570463:layer:aws-otel-python-amd64-ver-1-32-0:1"
  }
  expect_failures = [var.collector_layer_arn]
}

run "a_layer_without_version" {
  command = plan
  variables {
    collector_layer_arn = "arn:aws:lambda:eu-central-1:901920570463:layer:aws-otel-collector-amd64-ver-0-156-0"
  }
  expect_failures = [var.collector_layer_arn]
}

run "a_private_key" {
  command = plan
  variables {
    jwt_public_key = "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"
  }
  expect_failures = [var.jwt_public_key]
}

run "a_key_that_is_none" {
  command = plan
  variables {
    jwt_public_key = "0123456789abcdef0123456789abcdef"
  }
  expect_failures = [var.jwt_public_key]
}

run "spans_that_nobody_can_read" {
  command = plan
  variables {
    telemetry = "memory"
  }
  expect_failures = [var.telemetry]
}

run "too_little_memory" {
  command = plan
  variables {
    memory_mb = 256
  }
  expect_failures = [var.memory_mb]
}

run "too_long_an_invocation" {
  command = plan
  variables {
    timeout_s = 901
  }
  expect_failures = [var.timeout_s]
}

run "a_namespace_of_aws" {
  command = plan
  variables {
    metrics_namespace = "AWS/Lambda"
  }
  expect_failures = [var.metrics_namespace]
}

run "a_namespace_that_begins_with_a_colon" {
  command = plan
  variables {
    metrics_namespace = ":team"
  }
  expect_failures = [var.metrics_namespace]
}

run "an_unknown_processor" {
  command = plan
  variables {
    architecture = "amd64"
  }
  expect_failures = [var.architecture]
}

run "an_origin_with_a_path" {
  command = plan
  variables {
    allow_origins = ["https://app.example.com/page"]
  }
  expect_failures = [var.allow_origins]
}

run "no_concurrency_at_all" {
  command = plan
  variables {
    reserved_concurrency = 0
  }
  expect_failures = [var.reserved_concurrency]
}

run "an_authorization_that_does_not_exist" {
  command = plan
  variables {
    url_auth = "JWT"
  }
  expect_failures = [var.url_auth]
}

run "a_key_without_issuer_and_audience" {
  command = plan
  variables {
    require_token_claims = true
    jwt_public_key       = "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n"
    jwt_issuer           = "https://issuer.example"
  }
  expect_failures = [terraform_data.issuer_and_audience]
}

run "a_table_of_another_region" {
  command = plan
  variables {
    sentiments_table = "arn:aws:dynamodb:us-east-1:123456789012:table/items"
  }
  expect_failures = [terraform_data.tables_of_the_region]
}

run "an_arn_that_is_no_table" {
  command = plan
  variables {
    users_table = "arn:aws:dynamodb:eu-central-1:123456789012:table/users/index/by_user"
  }
  expect_failures = [terraform_data.tables_of_the_region]
}
