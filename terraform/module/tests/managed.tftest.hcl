# The module on Managed Instances, with a provider that makes everything up. Run by `check`.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-west-1" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { version = "7" }
  }
}

variables {
  environment           = "managed"
  package               = "../collector.yaml"
  compute               = "managed_instances"
  capacity_provider_arn = "arn:aws:lambda:eu-west-1:123456789012:capacity-provider:sse-streaming-managed"
  memory_mb             = 2048
  reserved_concurrency  = -1
  min_environments      = 4
  max_environments      = 20
}

run "defaults" {
  assert {
    condition     = one(one(aws_lambda_function.this.capacity_provider_config).lambda_managed_instances_capacity_provider_config).per_execution_environment_max_concurrency == 64 && one(one(aws_lambda_function.this.capacity_provider_config).lambda_managed_instances_capacity_provider_config).execution_environment_memory_gib_per_vcpu == 2
    error_message = "What an environment is given at once."
  }

  assert {
    condition     = aws_lambda_function.this.logging_config[0].log_format == "JSON" && aws_lambda_function.this.logging_config[0].application_log_level == "INFO"
    error_message = "Form of the log."
  }

  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_function_url.live.invoke_mode == "RESPONSE_STREAM" && aws_lambda_function_url.live.qualifier == "live" && aws_lambda_alias.live.function_version == "7"
    error_message = "A published version behind a URL that streams."
  }

  assert {
    condition     = one(aws_lambda_function_scaling_config.live).qualifier == "7" && one(one(aws_lambda_function_scaling_config.live).function_scaling_config).min_execution_environments == 4 && one(one(aws_lambda_function_scaling_config.live).function_scaling_config).max_execution_environments == 20
    error_message = "Environments of the served version."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.places) == 0 && length(aws_cloudwatch_metric_alarm.this) == 0
    error_message = "Alarms cost, and are off unless asked for."
  }
}

run "alarms" {
  variables {
    alarms = true
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.this) == ["concurrency-throttles", "cpu-throttles", "data-age", "disk-throttles", "duration", "environment-memory", "errors", "memory-throttles", "poll-failures", "spans-not-delivered", "throttles", "url-4xx", "url-5xx"]
    error_message = "The alarms: ${jsonencode(keys(aws_cloudwatch_metric_alarm.this))}"
  }

  assert {
    condition     = toset([for q in aws_cloudwatch_metric_alarm.places[0].metric_query : one(q.metric).metric_name if q.id != "taken"]) == toset(["ExecutionEnvironmentConcurrency", "ExecutionEnvironmentConcurrencyLimit"]) && alltrue([for q in aws_cloudwatch_metric_alarm.places[0].metric_query : one(q.metric).dimensions == tomap({ CapacityProviderName = "sse-streaming-managed", FunctionName = "sse-streaming-managed", Resource = "sse-streaming-managed:7" }) if q.id != "taken"])
    error_message = "Places taken against places there are, of the served version."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["environment-memory"].dimensions["Resource"] == "sse-streaming-managed:7" && aws_cloudwatch_metric_alarm.this["cpu-throttles"].dimensions == tomap({ FunctionName = "sse-streaming-managed" }) && length(aws_cloudwatch_log_metric_filter.memory) == 0
    error_message = "Memory comes from the platform's metric, not from REPORT lines, which there are none of."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.this["throttles"].alarm_description, "min_environments")
    error_message = "What to do about throttles."
  }
}

run "rolling_back" {
  variables {
    live_version     = "5"
    retired_versions = ["3", "4"]
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "5" && one(aws_lambda_function_scaling_config.live).qualifier == "5"
    error_message = "Environments and alias of the version that is served."
  }

  assert {
    condition     = toset(keys(aws_lambda_function_scaling_config.retired)) == toset(["3", "4"]) && alltrue([for r in aws_lambda_function_scaling_config.retired : one(r.function_scaling_config).max_execution_environments == 0])
    error_message = "Retired versions are off."
  }
}

run "the_served_version_is_not_retired" {
  command = plan
  variables {
    live_version     = "5"
    retired_versions = ["5"]
  }
  expect_failures = [aws_lambda_function_scaling_config.live]
}

run "nor_is_one_that_gets_part_of_the_requests" {
  command = plan
  variables {
    live_version     = "5"
    shift            = { version = "6", weight = 0.1 }
    retired_versions = ["6"]
  }
  expect_failures = [aws_lambda_function_scaling_config.live]
}

run "no_places_are_reserved_for_configurations" {
  command = plan
  variables {
    configurations_concurrency = 5
    url_auth                   = "AWS_IAM"
    users_table                = "users"
  }
  expect_failures = [aws_lambda_function.configurations]
}

run "more_at_least_than_at_most" {
  command = plan
  variables {
    live_version     = "5"
    min_environments = 21
  }
  expect_failures = [aws_lambda_function_scaling_config.live]
}

run "off_is_no_number_of_environments" {
  command = plan
  variables {
    min_environments = 0
  }
  expect_failures = [var.min_environments]
}

run "no_scaling_on_demand" {
  variables {
    compute               = "on_demand"
    capacity_provider_arn = null
    memory_mb             = 512
    retired_versions      = ["3"]
  }

  assert {
    condition     = length(aws_lambda_function_scaling_config.live) == 0 && length(aws_lambda_function_scaling_config.retired) == 0 && length(aws_lambda_function.this.capacity_provider_config) == 0
    error_message = "Nothing of Managed Instances on demand."
  }
}
