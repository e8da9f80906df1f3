# The canary, with a provider that makes everything up. Run by `check`.

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

  mock_resource "aws_lambda_function_url" {
    defaults = { function_url = "https://abc.lambda-url.eu-central-1.on.aws/" }
  }
}

variables {
  environment = "staging"
  # Any file will do where nothing is uploaded.
  package = "../collector.yaml"
}

run "none_unasked" {
  assert {
    condition     = length(aws_lambda_function.canary) == 0 && length(aws_iam_role.canary) == 0 && length(aws_cloudwatch_event_rule.canary) == 0 && length(concat(aws_cloudwatch_metric_alarm.canary_failed, aws_cloudwatch_metric_alarm.canary_silent)) == 0
    error_message = "A canary costs, and is not made unless asked for."
  }
}

run "every_quarter_of_an_hour" {
  variables {
    canary = {}
    alarms = true
  }

  assert {
    condition     = aws_lambda_function.canary[0].environment[0].variables["SSE_VERIFY_FLAGS"] == "--url https://abc.lambda-url.eu-central-1.on.aws --function sse-streaming-staging:live --memory-limit 450 --expect-streams 10 --patience 3m"
    error_message = "Flags: ${aws_lambda_function.canary[0].environment[0].variables["SSE_VERIFY_FLAGS"]}"
  }

  assert {
    condition     = aws_lambda_function.canary[0].filename == aws_lambda_function.this.filename && aws_lambda_function.canary[0].timeout == 900 && length(coalesce(aws_lambda_function.canary[0].layers, [])) == 0
    error_message = "The same package, time for a whole run, and no collector."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.canary[0].schedule_expression == "rate(15 minutes)" && aws_cloudwatch_event_target.canary[0].arn == aws_lambda_function.canary[0].arn && aws_lambda_permission.canary[0].source_arn == aws_cloudwatch_event_rule.canary[0].arn
    error_message = "The schedule, and nothing else, invokes it."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.canary_failed[0].metric_name == "VerifyFailed" && aws_cloudwatch_metric_alarm.canary_failed[0].dimensions == tomap({ Environment = "staging" }) && aws_cloudwatch_metric_alarm.canary_silent[0].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.canary_silent[0].period == 3600
    error_message = "A failing check rings, and so does silence."
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.canary[0].statement : s.sid] == ["Traces", "Function", "Log", "WriteLogs"]
    error_message = "Rights: ${jsonencode([for s in data.aws_iam_policy_document.canary[0].statement : s.sid])}"
  }
}

run "a_signed_url_without_a_reservation" {
  variables {
    canary               = { schedule = "cron(0 6 * * ? *)", silent_after_s = 86400 }
    alarms               = true
    url_auth             = "AWS_IAM"
    reserved_concurrency = -1
  }

  assert {
    condition     = !strcontains(aws_lambda_function.canary[0].environment[0].variables["SSE_VERIFY_FLAGS"], "--expect-streams") && contains([for s in data.aws_iam_policy_document.canary[0].statement : s.sid], "SignedUrl")
    error_message = "It signs, and compares with no reservation."
  }
}

run "a_schedule_that_is_none" {
  command = plan
  variables {
    canary = { schedule = "every day" }
  }
  expect_failures = [var.canary]
}

run "a_silence_of_a_second" {
  command = plan
  variables {
    canary = { silent_after_s = 1 }
  }
  expect_failures = [var.canary]
}

run "a_canary_that_would_fail_for_want_of_alarms" {
  command = plan
  variables {
    canary = {}
  }
  expect_failures = [aws_lambda_function.canary]
}

run "a_canary_without_traces" {
  command = plan
  variables {
    canary    = {}
    alarms    = true
    telemetry = "stdout"
  }
  expect_failures = [aws_lambda_function.canary]
}

run "a_canary_of_what_nothing_bounds" {
  command = plan
  variables {
    canary               = {}
    alarms               = true
    reserved_concurrency = -1
  }
  expect_failures = [aws_lambda_function.canary]
}
