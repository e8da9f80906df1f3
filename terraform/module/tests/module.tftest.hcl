# What the module makes of its variables, with a provider that makes everything up. Run by `check`.

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

run "defaults" {
  assert {
    condition     = aws_lambda_function.this.function_name == "sse-streaming-staging" && aws_lambda_function.this.memory_size == 512 && aws_lambda_function.this.timeout == 330
    error_message = "Name, memory or limit of the function."
  }

  assert {
    condition     = one(aws_lambda_function.this.layers) == "arn:aws:lambda:eu-central-1:901920570463:layer:aws-otel-collector-amd64-ver-0-156-0:1"
    error_message = "Layer of the function."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables["SENTIMENTS_TABLE"] == aws_dynamodb_table.sentiments[0].name && aws_lambda_function.this.environment[0].variables["SENTIMENTS_INDEX"] == one(aws_dynamodb_table.sentiments[0].global_secondary_index).name
    error_message = "The function reads another table or index than the module makes."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active" && aws_lambda_function.this.reserved_concurrent_executions == 10
    error_message = "Tracing and concurrency."
  }

  assert {
    condition     = aws_lambda_function_url.live.invoke_mode == "RESPONSE_STREAM" && aws_lambda_function_url.live.authorization_type == "NONE" && aws_lambda_function_url.live.qualifier == "live"
    error_message = "The URL."
  }

  assert {
    condition     = length(aws_lambda_permission.public_url) == 1 && length(aws_lambda_permission.public_invoke) == 1
    error_message = "A public URL needs both permissions."
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == aws_lambda_function.this.version
    error_message = "The alias serves what was published."
  }

  assert {
    condition     = length(aws_dynamodb_table.users) == 0 && length(aws_xray_sampling_rule.function) == 0 && length(aws_xray_group.function) == 0
    error_message = "Nothing optional is made unasked."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) + length(aws_cloudwatch_log_metric_filter.memory) + length(aws_cloudwatch_dashboard.this) + length(aws_budgets_budget.month) == 0
    error_message = "Alarms cost, and are off unless asked for."
  }

  assert {
    condition     = toset([for s in data.aws_iam_policy_document.function.statement : s.sid]) == toset(["ReadItems", "PutMetrics", "SendTraces", "WriteLogs"])
    error_message = "Rights: ${jsonencode([for s in data.aws_iam_policy_document.function.statement : s.sid])}"
  }

  assert {
    condition     = one(data.aws_iam_policy_document.function.statement[0].resources) == "arn:aws:dynamodb:eu-central-1:123456789012:table/sse-streaming-staging-sentiments/index/by_sentiment"
    error_message = "The index may be read, and the table itself may not: ${jsonencode(data.aws_iam_policy_document.function.statement[0].resources)}"
  }
}

run "signed_requests_only" {
  variables {
    url_auth = "AWS_IAM"
  }

  assert {
    condition     = aws_lambda_function_url.live.authorization_type == "AWS_IAM" && length(aws_lambda_permission.public_url) == 0 && length(aws_lambda_permission.public_invoke) == 0
    error_message = "Nobody is let in unsigned."
  }
}

run "a_table_for_users" {
  variables {
    users_table = "users"
  }

  assert {
    condition     = aws_dynamodb_table.users[0].name == "users" && aws_lambda_function.this.environment[0].variables["USERS_TABLE"] == "users"
    error_message = "The users' table."
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.function.statement : one(s.resources) if s.sid == "ReadConfigurations"] == ["arn:aws:dynamodb:eu-central-1:123456789012:table/users"]
    error_message = "Its configurations may be read, and no other table's."
  }
}

run "tables_of_somebody_else" {
  variables {
    create_tables    = false
    sentiments_table = "theirs"
    users_table      = "users"
  }

  assert {
    condition     = length(aws_dynamodb_table.sentiments) == 0 && length(aws_dynamodb_table.users) == 0 && output.sentiments_table == "theirs"
    error_message = "Their tables are used, not made."
  }
}

run "adapters_that_need_no_rights" {
  variables {
    metrics   = "emf"
    telemetry = "off"
  }

  assert {
    condition     = toset([for s in data.aws_iam_policy_document.function.statement : s.sid]) == toset(["ReadItems", "WriteLogs"])
    error_message = "What is not called is not allowed."
  }

  assert {
    condition     = length(aws_lambda_function.this.layers) == 0 && aws_lambda_function.this.tracing_config[0].mode == "PassThrough"
    error_message = "Off is off."
  }
}

run "an_account_is_left_as_it_is_unless_asked" {
  variables {
    telemetry = "xray"
  }

  assert {
    condition     = length(aws_xray_trace_segment_destination.transaction_search) == 0 && length(aws_cloudwatch_log_resource_policy.transaction_search) == 0
    error_message = "Where the traces of a whole account go is not decided by a function."
  }
}

run "transaction_search" {
  variables {
    telemetry          = "xray"
    transaction_search = true
  }

  assert {
    condition     = aws_xray_trace_segment_destination.transaction_search[0].destination == "CloudWatchLogs"
    error_message = "It is on."
  }

  assert {
    condition     = one(one(data.aws_iam_policy_document.transaction_search[0].statement).resources) == "arn:aws:logs:eu-central-1:123456789012:log-group:aws/spans:*"
    error_message = "X-Ray may write to aws/spans, and nowhere else."
  }
}

run "spans_straight_to_x_ray" {
  variables {
    telemetry = "xray"
  }

  assert {
    condition = alltrue([
      for action in ["xray:PutTraceSegments", "xray:PutSpans", "xray:PutSpansForIndexing"] :
      contains(flatten([for s in data.aws_iam_policy_document.function.statement : s.actions]), action)
    ])
    error_message = "The endpoint asks for the first, the reference names the others: one missing is a 403."
  }

  assert {
    condition     = length(aws_lambda_function.this.layers) == 0 && aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "There is no collector, and the handler phase is traced."
  }
}

run "xray" {
  variables {
    trace_group   = true
    sampling_rule = { fixed_rate = 0.5, reservoir_size = 5 }
  }

  assert {
    condition     = aws_xray_sampling_rule.function[0].priority == 1000 && aws_xray_sampling_rule.function[0].service_name == "sse-streaming-staging" && aws_xray_group.function[0].filter_expression == "service(\"sse-streaming-staging\")"
    error_message = "X-Ray's rule and group."
  }
}

run "rolling_back" {
  variables {
    live_version = "12"
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "12" && output.live_version == "12"
    error_message = "The alias goes back; the function stays."
  }
}

run "no_package" {
  command = plan
  variables {
    package = "../no-such.zip"
  }
  expect_failures = [var.package]
}

run "the_newest_is_not_a_version" {
  command = plan
  variables {
    live_version = "$LATEST"
  }
  expect_failures = [var.live_version]
}
