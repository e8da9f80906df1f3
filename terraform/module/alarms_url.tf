# Alarms on what readers meet at the URL: refusals, a full reservation. Made with the others.

locals {
  # Without a reservation there is nothing to compare concurrency with.
  concurrency_alarm = var.alarms && module.settings.reserved_concurrency > 0 ? 1 : 0

  # From here a burst of visits fills the reservation. With few places it is the last one.
  concurrency_alarm_at = max(1, ceil(module.settings.reserved_concurrency * 0.8))
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  count = local.alarms

  alarm_name          = "${module.settings.name}-throttles"
  alarm_description   = "Requests were answered 429: all places are taken, and a browser's EventSource does not come back from that. Raise reserved_concurrency, or shorten stream_max_ms."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}

resource "aws_cloudwatch_metric_alarm" "concurrency" {
  count = local.concurrency_alarm

  alarm_name          = "${module.settings.name}-concurrency"
  alarm_description   = "Four fifths of the reservation are in use: beyond it readers get 429."
  namespace           = "AWS/Lambda"
  metric_name         = "ConcurrentExecutions"
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = local.concurrency_alarm_at
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}

resource "aws_cloudwatch_metric_alarm" "url_4xx" {
  count = local.alarms

  alarm_name          = "${module.settings.name}-url-4xx"
  alarm_description   = "More than ${var.url_4xx_alarm} requests in five minutes, three times in a row, were answered 4xx: refused tokens, wrong paths, throttles. The log says why tokens were refused."
  namespace           = "AWS/Lambda"
  metric_name         = "Url4xxCount"
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.url_4xx_alarm
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}

resource "aws_cloudwatch_metric_alarm" "url_5xx" {
  count = local.alarms

  alarm_name          = "${module.settings.name}-url-5xx"
  alarm_description   = "Requests were answered 5xx: the function did not start or crashed, or DynamoDB failed at a configuration."
  namespace           = "AWS/Lambda"
  metric_name         = "Url5xxCount"
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
