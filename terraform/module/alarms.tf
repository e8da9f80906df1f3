# Alarms, made only if asked for. docs/runbook.md has a section for each of them, under the key that it has here; a test of the workspace compares the two.

locals {
  # Function and collector together stay below this; beyond it one of them is about to be killed.
  memory_alarm_mb = 450

  # A body is over 500 ms before the deadline at the latest. Whatever is later did not end by itself.
  duration_alarm_ms = module.settings.timeout_s * 1000 - 500

  # Longer than a failed round and its repetitions; readers see `degraded` from the first one.
  data_age_alarm_ms = 60000

  # What Lambda measures of one function. A threshold is crossed by what is greater; `periods` of five minutes in a row, one unless said otherwise.
  function_alarms = {
    errors = {
      metric    = "Errors"
      statistic = "Sum"
      threshold = 0
      meaning   = "Invocations failed: a start that was refused, a crash, or a time-out."
    }
    duration = {
      metric    = "Duration"
      statistic = "Maximum"
      threshold = local.duration_alarm_ms
      meaning   = "An invocation came within 500 ms of its limit: its stream did not end by itself, and its last spans may be missing."
    }
    throttles = {
      metric    = "Throttles"
      statistic = "Sum"
      threshold = 0
      meaning   = "Requests were answered 429: all places are taken, and a browser's EventSource does not come back from that. Raise ${local.on_managed_instances ? "min_environments" : "the reservation"}, or shorten stream_max_ms."
    }
    url-4xx = {
      metric    = "Url4xxCount"
      statistic = "Sum"
      threshold = var.url_4xx_alarm
      periods   = 3
      meaning   = "More than ${var.url_4xx_alarm} requests in five minutes, three times in a row, were answered 4xx: refused tokens, wrong paths, throttles. The log says why tokens were refused."
    }
    url-5xx = {
      metric    = "Url5xxCount"
      statistic = "Sum"
      threshold = 0
      meaning   = "Requests were answered 5xx: the function did not start or crashed, or DynamoDB failed at a configuration."
    }
  }

  # Four fifths of the reservation: from here a burst of visits fills it. With few places it is the last one, so the threshold is one below.
  # Without a reservation there is nothing to compare with.
  reservation_alarms = {
    concurrency = {
      metric    = "ConcurrentExecutions"
      statistic = "Maximum"
      share     = 0.8
      meaning   = "Four fifths of the reservation are in use: beyond it readers get 429."
    }
  }

  # What the function's ledger and REPORT lines say, whatever its metrics.
  log_alarms = {
    spans-not-delivered = {
      metric     = "SpansNotDelivered"
      dimensions = { Environment = var.environment }
      statistic  = "Sum"
      threshold  = 0
      meaning    = "Spans were given up and written to the log as OTLP/JSON lines: look at the collector, then send them again from ${aws_cloudwatch_log_group.function.name}."
    }
    memory = {
      # A metric of its own, made by the filter below, needs no dimension.
      metric     = "MaxMemoryUsedMb-${var.environment}"
      dimensions = {}
      statistic  = "Maximum"
      threshold  = local.memory_alarm_mb
      meaning    = "Function and collector together used more than ${local.memory_alarm_mb} MB: too many items in the window, or the layer grew."
    }
  }

  # What the function itself measures, so there are none with metrics = "none".
  data_alarms = {
    poll-failures = {
      metric     = "PollFailures"
      dimensions = { Environment = var.environment }
      statistic  = "Sum"
      threshold  = 0
      periods    = 3
      meaning    = "Rounds of reading were not whole in three periods in a row: DynamoDB throttles, fails or refuses. Spans dynamodb_poll with an error say which."
    }
    data-age = {
      metric     = "DataAgeMs"
      dimensions = { Environment = var.environment }
      statistic  = "Maximum"
      threshold  = local.data_age_alarm_ms
      meaning    = "Readers were shown data whose last whole reading is more than ${local.data_age_alarm_ms / 1000} s old."
    }
  }

  # What API Gateway answers by itself, where it stands in front.
  rest_api_alarms = {
    rest-api-5xx = {
      metric    = "5XXError"
      statistic = "Sum"
      threshold = 0
      meaning   = "API Gateway answered 5xx: it could not call the function, or what it got was no answer."
    }
  }

  # The functions that are watched, by what stands before the alarm's key.
  watched = merge(
    { "" = { name = aws_lambda_function.this.function_name, places = module.settings.reserved_concurrency } },
    { for function in aws_lambda_function.configurations : "configurations-" => { name = function.function_name, places = var.configurations_concurrency } },
  )

  alarms_of_functions = merge([
    for prefix, function in local.watched : merge(
      {
        for key, alarm in local.function_alarms : "${prefix}${key}" =>
        merge(alarm, { namespace = "AWS/Lambda", dimensions = { FunctionName = function.name } })
      },
      {
        for key, alarm in local.reservation_alarms : "${prefix}${key}" =>
        merge(alarm, {
          namespace  = "AWS/Lambda"
          dimensions = { FunctionName = function.name }
          threshold  = max(1, ceil(function.places * alarm.share)) - 1
        }) if function.places > 0
      },
    )
  ]...)

  alarms_of_the_service = {
    for key, alarm in merge(local.log_alarms, local.data_alarms) : key =>
    merge(alarm, { namespace = module.settings.metrics_namespace }) if contains(keys(local.log_alarms), key) ? key != "memory" || !local.on_managed_instances : module.settings.has_metrics
  }

  alarms_of_the_rest_api = {
    for key, alarm in local.rest_api_alarms : key =>
    merge(alarm, { namespace = "AWS/ApiGateway", dimensions = { ApiName = module.settings.name, Stage = var.rest_api.stage } }) if var.rest_api != null
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = { for key, alarm in merge(local.alarms_of_functions, local.alarms_of_the_service, local.alarms_of_the_rest_api, local.alarms_of_environments) : key => alarm if var.alarms }

  alarm_name          = "${module.settings.name}-${each.key}"
  alarm_description   = "${each.value.meaning} See docs/runbook.md."
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = try(each.value.periods, 1)
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
  tags                = var.tags
}

# Lambda has no metric of its own for memory; its REPORT line says it, for the function and the collector together.
resource "aws_cloudwatch_log_metric_filter" "memory" {
  # Managed Instances write no REPORT line.
  count = var.alarms && !local.on_managed_instances ? 1 : 0

  name           = "memory"
  log_group_name = aws_cloudwatch_log_group.function.name
  pattern        = "[report=\"REPORT\", id_label=\"RequestId:\", id, duration_label=\"Duration:\", duration, ms, billed_label=\"Billed\", billed_duration_label=\"Duration:\", billed, billed_ms, memory_label=\"Memory\", size_label=\"Size:\", size, size_mb, max_label=\"Max\", max_memory_label=\"Memory\", used_label=\"Used:\", used, used_mb=\"MB\", ...]"

  metric_transformation {
    namespace = module.settings.metrics_namespace
    name      = local.log_alarms.memory.metric
    value     = "$used"
    unit      = "Megabytes"
  }
}
