# What stands in front of the functions, and who may pass: a function of its own for configurations, API Gateway. Run by `check`.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  environment = "staging"
  # Any file will do where nothing is uploaded.
  package = "../collector.yaml"
}

run "one_function_and_no_gateway_unasked" {
  assert {
    condition     = length(aws_lambda_function.configurations) + length(aws_lambda_function_url.configurations) + length(aws_api_gateway_rest_api.this) + length(aws_lambda_permission.rest_api) == 0
    error_message = "Nothing optional is made unasked."
  }

  assert {
    condition     = output.configurations_url == null && output.configurations_function_name == null && output.rest_api_url == null && output.heartbeat_interval_ms == 15000
    error_message = "Outputs of what is not there."
  }
}

run "configurations_have_places_of_their_own" {
  variables {
    configurations_concurrency = 20
    users_table                = "users"
    url_auth                   = "AWS_IAM"
    alarms                     = true
    trace_group                = true
    sampling_rule              = { fixed_rate = 0.5, reservoir_size = 5 }
  }

  assert {
    condition     = aws_lambda_function.configurations[0].function_name == "sse-streaming-staging-configurations" && aws_lambda_function.configurations[0].reserved_concurrent_executions == 20 && aws_lambda_function.this.reserved_concurrent_executions == 10
    error_message = "Its places."
  }

  assert {
    condition     = aws_lambda_function.configurations[0].environment == aws_lambda_function.this.environment && aws_lambda_function.configurations[0].source_code_hash == aws_lambda_function.this.source_code_hash && aws_lambda_function.configurations[0].layers == aws_lambda_function.this.layers && aws_lambda_function.configurations[0].role == aws_lambda_function.this.role
    error_message = "It is the same function otherwise."
  }

  assert {
    condition     = aws_lambda_function_url.configurations[0].authorization_type == "AWS_IAM" && aws_lambda_function_url.configurations[0].cors == aws_lambda_function_url.live.cors && aws_lambda_function_url.configurations[0].qualifier == "live"
    error_message = "Nobody reaches it unsigned, and pages are answered alike."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["configurations-concurrency"].threshold == 15 && aws_cloudwatch_metric_alarm.this["configurations-errors"].dimensions == tomap({ FunctionName = "sse-streaming-staging-configurations" }) && length(aws_cloudwatch_metric_alarm.this) == 16
    error_message = "It is watched like the first: ${jsonencode(keys(aws_cloudwatch_metric_alarm.this))}"
  }

  assert {
    condition     = aws_xray_sampling_rule.function[0].service_name == "sse-streaming-staging*" && strcontains(aws_xray_group.function[0].filter_expression, " OR service(\"sse-streaming-staging-configurations\")")
    error_message = "X-Ray's rule and group hold for both."
  }
}

run "places_that_anybody_could_take" {
  command = plan
  variables {
    configurations_concurrency = 20
    users_table                = "users"
  }
  expect_failures = [aws_lambda_function.configurations]
}

run "places_for_configurations_that_nobody_has" {
  command = plan
  variables {
    configurations_concurrency = 20
    url_auth                   = "AWS_IAM"
  }
  expect_failures = [aws_lambda_function.configurations]
}

run "no_places_at_all" {
  command = plan
  variables {
    configurations_concurrency = 0
  }
  expect_failures = [var.configurations_concurrency]
}

run "api_gateway_streams" {
  variables {
    rest_api = {}
    alarms   = true
  }

  assert {
    condition     = keys(aws_api_gateway_integration.proxy) == ["all"] && aws_api_gateway_integration.proxy["all"].response_transfer_mode == "STREAM" && aws_api_gateway_integration.proxy["all"].type == "AWS_PROXY" && aws_api_gateway_integration.proxy["all"].timeout_milliseconds == 330000
    error_message = "A proxy that streams, for as long as an invocation."
  }

  assert {
    condition     = startswith(aws_api_gateway_integration.proxy["all"].uri, "arn:aws:apigateway:eu-central-1:lambda:path/2021-11-15/functions/") && endswith(aws_api_gateway_integration.proxy["all"].uri, "/response-streaming-invocations")
    error_message = "The streaming form of the address: ${aws_api_gateway_integration.proxy["all"].uri}"
  }

  assert {
    condition     = aws_lambda_permission.rest_api["all"].principal == "apigateway.amazonaws.com" && aws_lambda_permission.rest_api["all"].qualifier == "live" && aws_lambda_permission.rest_api["all"].source_arn == "${aws_api_gateway_rest_api.this[0].execution_arn}/*/*"
    error_message = "This API, and no other, may call the alias."
  }

  assert {
    condition     = one(one(aws_api_gateway_rest_api.this[0].endpoint_configuration).types) == "REGIONAL" && one(aws_api_gateway_method_settings.this[0].settings).throttling_rate_limit == 20 && aws_api_gateway_stage.this[0].xray_tracing_enabled
    error_message = "The stage."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["rest-api-5xx"].dimensions == tomap({ ApiName = "sse-streaming-staging", Stage = "live" })
    error_message = "It is watched."
  }
}

# A root hands on what it was not given as null.
run "null_means_the_default" {
  variables {
    rest_api = { stage = null, endpoint = null, rate = null, burst = null }
  }

  assert {
    condition     = aws_api_gateway_stage.this[0].stage_name == "live" && one(aws_api_gateway_method_settings.this[0].settings).throttling_burst_limit == 40 && one(one(aws_api_gateway_rest_api.this[0].endpoint_configuration).types) == "REGIONAL"
    error_message = "The stage of a root that names nothing."
  }
}

run "api_gateway_sends_configurations_to_their_function" {
  variables {
    rest_api                   = { stage = "v1" }
    configurations_concurrency = 20
    users_table                = "users"
    url_auth                   = "AWS_IAM"
  }

  assert {
    condition     = keys(aws_api_gateway_integration.proxy) == ["all", "configurations"] && aws_lambda_permission.rest_api["configurations"].function_name == "sse-streaming-staging-configurations"
    error_message = "Both routes, each with its right."
  }

  assert {
    condition     = [aws_api_gateway_resource.api[0].path_part, aws_api_gateway_resource.v2[0].path_part, aws_api_gateway_resource.configurations[0].path_part, aws_api_gateway_resource.proxy["configurations"].path_part] == ["api", "v2", "configurations", "{proxy+}"]
    error_message = "The path of configurations."
  }
}

run "heartbeats_that_come_too_late_for_an_edge_endpoint" {
  command = plan
  variables {
    rest_api          = { endpoint = "EDGE" }
    extra_environment = { SSE_HEARTBEAT_INTERVAL_MS = "26000" }
  }
  expect_failures = [aws_api_gateway_rest_api.this]
}

run "heartbeats_that_a_regional_endpoint_bears" {
  command = plan
  variables {
    rest_api          = {}
    extra_environment = { SSE_HEARTBEAT_INTERVAL_MS = "60000" }
  }
}

run "an_endpoint_that_does_not_exist" {
  command = plan
  variables {
    rest_api = { endpoint = "PRIVATE" }
  }
  expect_failures = [var.rest_api]
}

run "a_stage_that_lets_nobody_through" {
  command = plan
  variables {
    rest_api = { rate = 0 }
  }
  expect_failures = [var.rest_api]
}
