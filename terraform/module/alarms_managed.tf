# Alarms of Managed Instances: places that run out, refusals by their reason, memory. They look at the version that is served,
# because these metrics know no alias.

locals {
  # Two numbers are compared, so this one is a resource of its own below. From here a burst of visits fills the environments, and new ones take a minute or
  # two. Beyond 93 % (15 of 16) readers are told `busy`.
  places_alarm_percent = 80

  environment_dimensions = {
    CapacityProviderName = try(module.settings.capacity_provider.name, "")
    FunctionName         = aws_lambda_function.this.function_name
    Resource             = "${aws_lambda_function.this.function_name}:${local.live_version}"
  }

  # Each refusal counts in exactly one of the four, and in Throttles.
  environment_alarms = {
    concurrency-throttles = {
      metric     = "ConcurrencyThrottles"
      dimensions = { FunctionName = aws_lambda_function.this.function_name }
      statistic  = "Sum"
      threshold  = 0
      meaning    = "Requests were answered 429: all places of all environments were taken. Raise min_environments. CPU says nothing about it, streams hardly use any."
    }
    cpu-throttles = {
      metric     = "CPUThrottles"
      dimensions = { FunctionName = aws_lambda_function.this.function_name }
      statistic  = "Sum"
      threshold  = 0
      meaning    = "Requests were answered 429: the CPU of the environments was used up. Raise memory_mb, which brings vCPUs."
    }
    memory-throttles = {
      metric     = "MemoryThrottles"
      dimensions = { FunctionName = aws_lambda_function.this.function_name }
      statistic  = "Sum"
      threshold  = 0
      meaning    = "Requests were answered 429: the memory of the environments was used up. Raise gib_per_vcpu or memory_mb, or lower SSE_WINDOW_MAX_ITEMS."
    }
    disk-throttles = {
      metric     = "DiskThrottles"
      dimensions = { FunctionName = aws_lambda_function.this.function_name }
      statistic  = "Sum"
      threshold  = 0
      meaning    = "Requests were answered 429: the disk of the environments was used up. The function writes nothing to it: look at extensions and layers."
    }
    environment-memory = {
      metric     = "ExecutionEnvironmentMemoryUtilization"
      dimensions = local.environment_dimensions
      statistic  = "Maximum"
      threshold  = 80
      meaning    = "An environment used more than 80 % of its memory: too many items in the window, too many streams, or the layer grew."
    }
  }

  alarms_of_environments = {
    for key, alarm in local.environment_alarms : key => merge(alarm, { namespace = "AWS/Lambda" }) if local.on_managed_instances
  }
}

resource "aws_cloudwatch_metric_alarm" "places" {
  count = var.alarms && local.on_managed_instances ? 1 : 0

  alarm_name          = "${module.settings.name}-places"
  alarm_description   = "More than ${local.places_alarm_percent} % of the places of an environment are taken: soon readers get \"busy\", or 429. Raise min_environments, or shorten stream_max_ms. See docs/runbook.md."
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.places_alarm_percent
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
  tags                = var.tags

  metric_query {
    id          = "taken"
    expression  = "100 * concurrency / places"
    label       = "places taken, in percent"
    return_data = true
  }

  metric_query {
    id = "concurrency"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "ExecutionEnvironmentConcurrency"
      dimensions  = local.environment_dimensions
      stat        = "Maximum"
      period      = 300
    }
  }

  metric_query {
    id = "places"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "ExecutionEnvironmentConcurrencyLimit"
      dimensions  = local.environment_dimensions
      stat        = "Maximum"
      period      = 300
    }
  }
}
