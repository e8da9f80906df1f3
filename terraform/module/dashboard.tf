# A dashboard, if asked for: readers, the first event, latency, polls, memory, and what became of the spans.

locals {
  own = [module.settings.metrics_namespace]

  # Each line of a widget: namespace, metric, dimension and value, then how it is summed up.
  metric_widgets = [
    {
      title = "Readers: streams at the same time, and who found no place"
      lines = concat(
        [for function in values(local.watched) : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", function.name, { stat = "Maximum" }]],
        [for function in values(local.watched) : ["AWS/Lambda", "Throttles", "FunctionName", function.name, { stat = "Sum" }]],
        [concat(local.own, ["ConnectionAcquireFailures", "Environment", var.environment, { stat = "Sum" }])],
      )
    },
    {
      title = "Answers: 4xx, 5xx, failed invocations"
      lines = concat([
        for function in values(local.watched) : [
          for metric in ["Url4xxCount", "Url5xxCount", "Errors"] : ["AWS/Lambda", metric, "FunctionName", function.name, { stat = "Sum" }]
        ]
      ]...)
    },
    {
      title = "First event, as the canary of `verify` sees it (ms)"
      lines = [concat(local.own, ["VerifyFirstEventMs", "Environment", var.environment, { stat = "Maximum" }])]
    },
    {
      title = "Latency: from an item's writing to its event (ms)"
      lines = [for stat in ["p50", "p99"] : concat(local.own, ["EventLatencyMs", "Environment", var.environment, { stat = stat, label = stat }])]
    },
    {
      title = "Polls: duration (ms)"
      lines = [for stat in ["p50", "p99"] : concat(local.own, ["PollDurationMs", "Environment", var.environment, { stat = stat, label = stat }])]
    },
    {
      title = "Data: rounds that were not whole, items that cannot be read, age (ms, on the right)"
      lines = concat(
        [for metric in ["PollFailures", "ItemsSkipped"] : concat(local.own, [metric, "Environment", var.environment, { stat = "Sum" }])],
        [concat(local.own, ["DataAgeMs", "Environment", var.environment, { stat = "Maximum", yAxis = "right" }])],
      )
    },
    {
      title = "Spans given up"
      lines = [concat(local.own, ["SpansNotDelivered", "Environment", var.environment, { stat = "Sum" }])]
    },
  ]

  # Queries of the log. Lambda's REPORT lines and the function's ledger lines hold what no metric does.
  log_widgets = [
    {
      title = "Cold starts: how many, and how long until the function could answer (ms)"
      query = "filter @type = 'REPORT' | stats count(@initDuration) as cold_starts, pct(@initDuration, 50) as p50, max(@initDuration) as longest by bin(5m)"
    },
    {
      title = "Memory of function and collector (MB); the alarm rings above ${local.memory_alarm_mb}"
      query = "filter @type = 'REPORT' | stats max(@maxMemoryUsed / 1000 / 1000) as most, avg(@maxMemoryUsed / 1000 / 1000) as mean by bin(5m)"
    },
    {
      title = "Ledger: created = delivered + retained + logged + folded"
      query = "filter message = 'telemetry ledger' | stats sum(created) as created_, sum(delivered) as delivered_, sum(retained) as retained_, sum(logged) as logged_, sum(folded) as folded_ by bin(5m)"
    },
  ]

  dashboard = {
    widgets = [
      for number, widget in concat(
        [for w in local.metric_widgets : { type = "metric", properties = { title = w.title, metrics = w.lines, period = 300, view = "timeSeries", region = data.aws_region.current.region } }],
        [for w in local.log_widgets : { type = "log", properties = { title = w.title, query = "SOURCE '${aws_cloudwatch_log_group.function.name}' | ${w.query}", view = "timeSeries", region = data.aws_region.current.region } }],
      ) : merge(widget, { width = 12, height = 6, x = number % 2 * 12, y = floor(number / 2) * 6 })
    ]
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = module.settings.name
  dashboard_body = jsonencode(local.dashboard)
}
