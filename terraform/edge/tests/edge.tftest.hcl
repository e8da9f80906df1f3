# What the door lets through, with a provider that makes everything up. Run by `check`.

mock_provider "aws" {
  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:distribution/E1" }
  }
}

variables {
  region        = "eu-central-1"
  function_name = "sse-streaming-prod"
  url           = "https://abc.lambda-url.eu-central-1.on.aws"
}

run "defaults" {
  assert {
    condition     = one(aws_cloudfront_distribution.this.origin).domain_name == "abc.lambda-url.eu-central-1.on.aws" && one(one(aws_cloudfront_distribution.this.origin).custom_origin_config).origin_read_timeout == 60
    error_message = "The origin."
  }

  assert {
    condition     = one(aws_cloudfront_distribution.this.default_cache_behavior).compress == false && one(one(aws_cloudfront_distribution.this.default_cache_behavior).function_association).event_type == "viewer-request"
    error_message = "No compression, and the token is copied."
  }

  assert {
    condition     = toset([for p in aws_lambda_permission.cloudfront : p.action]) == toset(["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]) && alltrue([for p in aws_lambda_permission.cloudfront : p.source_arn == aws_cloudfront_distribution.this.arn && p.qualifier == "live"])
    error_message = "Both rights, for this distribution only."
  }

  assert {
    condition     = jsondecode(aws_wafv2_web_acl.this.rule_json)[0].Statement.RateBasedStatement.Limit == 100 && aws_wafv2_web_acl.this.scope == "CLOUDFRONT"
    error_message = "The limit per address."
  }
}

run "a_url_that_is_none" {
  command = plan
  variables {
    url = "https://example.com"
  }
  expect_failures = [var.url]
}

run "a_certificate_of_another_region" {
  command = plan
  variables {
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
  }
  expect_failures = [var.certificate_arn]
}

run "a_timeout_that_cuts_between_heartbeats" {
  command = plan
  variables {
    read_timeout_s = 15
  }
  expect_failures = [aws_cloudfront_distribution.this]
}

run "heartbeats_that_come_too_late" {
  command = plan
  variables {
    heartbeat_interval_ms = 60000
  }
  expect_failures = [aws_cloudfront_distribution.this]
}

run "a_longer_timeout_bears_them" {
  variables {
    heartbeat_interval_ms = 60000
    read_timeout_s        = 65
  }

  assert {
    condition     = one(one(aws_cloudfront_distribution.this.origin).custom_origin_config).origin_read_timeout == 65
    error_message = "The timeout."
  }
}

run "a_timeout_beyond_the_limit_of_cloudfront" {
  command = plan
  variables {
    read_timeout_s = 121
  }
  expect_failures = [var.read_timeout_s]
}

run "configurations_go_to_their_own_function" {
  variables {
    configurations = { url = "https://def.lambda-url.eu-central-1.on.aws/", function_name = "sse-streaming-prod-configurations" }
  }

  assert {
    condition     = { for o in aws_cloudfront_distribution.this.origin : o.origin_id => o.domain_name } == { configurations = "def.lambda-url.eu-central-1.on.aws", function = "abc.lambda-url.eu-central-1.on.aws" }
    error_message = "Two origins."
  }

  assert {
    condition     = one(aws_cloudfront_distribution.this.ordered_cache_behavior).path_pattern == "/api/v2/configurations/*" && one(aws_cloudfront_distribution.this.ordered_cache_behavior).target_origin_id == "configurations" && one(one(aws_cloudfront_distribution.this.ordered_cache_behavior).function_association).event_type == "viewer-request" && one(aws_cloudfront_distribution.this.default_cache_behavior).target_origin_id == "function"
    error_message = "The path of configurations goes to theirs, with the token; all else to the first."
  }

  assert {
    condition     = { for key, p in aws_lambda_permission.cloudfront : key => p.function_name } == { ConfigurationsFunction = "sse-streaming-prod-configurations", ConfigurationsUrl = "sse-streaming-prod-configurations", Function = "sse-streaming-prod", Url = "sse-streaming-prod" }
    error_message = "Both rights on both."
  }
}

run "a_url_of_configurations_that_is_none" {
  command = plan
  variables {
    configurations = { url = "https://example.com", function_name = "f" }
  }
  expect_failures = [var.configurations]
}

run "alarms_ring_where_the_metrics_are" {
  variables {
    alarm_topics = ["arn:aws:sns:us-east-1:123456789012:on-call"]
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.this) == ["edge-5xx", "edge-blocked"] && alltrue([for a in aws_cloudwatch_metric_alarm.this : a.region == "us-east-1"])
    error_message = "On by default, in us-east-1."
  }

  assert {
    condition     = jsondecode(aws_wafv2_web_acl.this.rule_json)[0].VisibilityConfig.MetricName == aws_cloudwatch_metric_alarm.this["edge-blocked"].dimensions["Rule"] && one(aws_wafv2_web_acl.this.visibility_config).metric_name == aws_cloudwatch_metric_alarm.this["edge-blocked"].dimensions["WebACL"]
    error_message = "The alarm watches the rule that there is."
  }
}

run "no_alarms" {
  variables {
    alarms = false
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 0
    error_message = "Declined."
  }
}

run "a_topic_of_another_region" {
  command = plan
  variables {
    alarm_topics = ["arn:aws:sns:eu-central-1:123456789012:on-call"]
  }
  expect_failures = [var.alarm_topics]
}
