# What watches the service: alarms, dashboard, budget. Run by `check`.

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

run "alarms" {
  variables {
    alarms       = true
    alarm_topics = ["arn:aws:sns:eu-central-1:123456789012:on-call"]
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.this) == ["concurrency", "data-age", "duration", "errors", "memory", "poll-failures", "spans-not-delivered", "throttles", "url-4xx", "url-5xx"]
    error_message = "The alarms: ${jsonencode(keys(aws_cloudwatch_metric_alarm.this))}"
  }

  assert {
    condition     = alltrue([for key, alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name == "sse-streaming-staging-${key}" && contains(alarm.alarm_actions, "arn:aws:sns:eu-central-1:123456789012:on-call")])
    error_message = "Each alarm has its key in its name, and tells the topics."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["duration"].threshold == 329500 && aws_cloudwatch_metric_alarm.this["memory"].threshold == 450 && aws_cloudwatch_metric_alarm.this["data-age"].threshold == 60000
    error_message = "Thresholds."
  }

  # Four fifths of 10 places are 8, and more than 7 rings.
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["concurrency"].threshold == 7 && aws_cloudwatch_metric_alarm.this["concurrency"].comparison_operator == "GreaterThanThreshold"
    error_message = "The reservation: ${aws_cloudwatch_metric_alarm.this["concurrency"].threshold}"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["memory"].metric_name == "MaxMemoryUsedMb-staging" && one(aws_cloudwatch_log_metric_filter.memory[0].metric_transformation).name == "MaxMemoryUsedMb-staging"
    error_message = "Memory is read from the REPORT lines."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["url-4xx"].evaluation_periods == 3 && aws_cloudwatch_metric_alarm.this["url-4xx"].threshold == 50 && aws_cloudwatch_metric_alarm.this["url-5xx"].evaluation_periods == 1
    error_message = "A public URL always gets some 4xx."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["errors"].dimensions == tomap({ FunctionName = "sse-streaming-staging" }) && aws_cloudwatch_metric_alarm.this["poll-failures"].dimensions == tomap({ Environment = "staging" })
    error_message = "Dimensions."
  }
}

run "few_places" {
  variables {
    alarms               = true
    reserved_concurrency = 1
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["concurrency"].threshold == 0
    error_message = "Of one place, the last one is the only one."
  }
}

run "alarms_that_could_never_ring_are_not_made" {
  variables {
    alarms               = true
    metrics              = "none"
    reserved_concurrency = -1
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.this) == ["duration", "errors", "memory", "spans-not-delivered", "throttles", "url-4xx", "url-5xx"]
    error_message = "The alarms: ${jsonencode(keys(aws_cloudwatch_metric_alarm.this))}"
  }
}

run "a_dashboard" {
  variables {
    dashboard = true
  }

  assert {
    condition     = aws_cloudwatch_dashboard.this[0].dashboard_name == "sse-streaming-staging" && length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets) == 10
    error_message = "Its widgets."
  }

  assert {
    condition = alltrue([
      for text in ["ConcurrentExecutions", "VerifyFirstEventMs", "EventLatencyMs", "PollDurationMs", "PollFailures", "DataAgeMs", "SpansNotDelivered", "maxMemoryUsed", "telemetry ledger", "initDuration"] :
      strcontains(aws_cloudwatch_dashboard.this[0].dashboard_body, text)
    ])
    error_message = "Readers, first event, latency, polls, memory, ledger."
  }

  assert {
    condition = length(distinct([
      for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : "${widget.x},${widget.y}"
    ])) == 10
    error_message = "No widget lies on another."
  }
}

run "a_budget" {
  variables {
    budget = { monthly_usd = 300, emails = ["on-call@example.com"], tag = "Environment$staging" }
  }

  assert {
    condition     = aws_budgets_budget.month[0].limit_amount == "300" && toset([for n in aws_budgets_budget.month[0].notification : n.notification_type]) == toset(["ACTUAL", "FORECASTED"])
    error_message = "The budget."
  }

  assert {
    condition     = one(aws_budgets_budget.month[0].cost_filter).values == tolist(["user:Environment$staging"])
    error_message = "What it counts."
  }
}

run "a_budget_of_the_whole_account" {
  variables {
    budget = { monthly_usd = 300, topics = ["arn:aws:sns:eu-central-1:123456789012:costs"] }
  }

  assert {
    condition     = length(aws_budgets_budget.month[0].cost_filter) == 0
    error_message = "Without a tag nothing is filtered out."
  }
}

run "a_budget_that_tells_nobody" {
  command = plan
  variables {
    budget = { monthly_usd = 300 }
  }
  expect_failures = [var.budget]
}

run "a_tag_without_value" {
  command = plan
  variables {
    budget = { monthly_usd = 300, emails = ["on-call@example.com"], tag = "Environment" }
  }
  expect_failures = [var.budget]
}
