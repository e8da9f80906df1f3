# Alarms, made only if asked for; those on the URL and on the data stand beside this file. Here: spans that were given up, failed invocations, invocations that ran into their limit,
# and memory beyond what function and collector were measured to need.

locals {
  alarms = var.alarms ? 1 : 0

  # Function and collector together stay below this; beyond it one of them is about to be killed.
  memory_alarm_mb = 450

  # A body is over 500 ms before the deadline at the latest. Whatever is later did not end by itself.
  duration_alarm_ms = module.settings.timeout_s * 1000 - 500
}

resource "aws_cloudwatch_metric_alarm" "spans_not_delivered" {
  count = local.alarms

  alarm_name          = "${module.settings.name}-spans-not-delivered"
  alarm_description   = "Spans were given up and written to the log as OTLP/JSON lines: look at the collector, then send them again from ${aws_cloudwatch_log_group.function.name}."
  namespace           = module.settings.metrics_namespace
  metric_name         = "SpansNotDelivered"
  dimensions          = { Environment = var.environment }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  count = local.alarms

  alarm_name          = "${module.settings.name}-errors"
  alarm_description   = "Invocations failed: a start that was refused, a crash, or a time-out."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
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

resource "aws_cloudwatch_metric_alarm" "duration" {
  count = local.alarms

  alarm_name          = "${module.settings.name}-duration"
  alarm_description   = "An invocation came within 500 ms of its limit: its stream did not end by itself, and its last spans may be missing."
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.duration_alarm_ms
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}

# Lambda has no metric of its own for memory; its REPORT line says it, for the function and the collector together.
resource "aws_cloudwatch_log_metric_filter" "memory" {
  count = local.alarms

  name           = "memory"
  log_group_name = aws_cloudwatch_log_group.function.name
  pattern        = "[report=\"REPORT\", id_label=\"RequestId:\", id, duration_label=\"Duration:\", duration, ms, billed_label=\"Billed\", billed_duration_label=\"Duration:\", billed, billed_ms, memory_label=\"Memory\", size_label=\"Size:\", size, size_mb, max_label=\"Max\", max_memory_label=\"Memory\", used_label=\"Used:\", used, used_mb=\"MB\", ...]"

  metric_transformation {
    namespace = module.settings.metrics_namespace
    name      = "MaxMemoryUsedMb-${var.environment}"
    value     = "$used"
    unit      = "Megabytes"
  }
}

resource "aws_cloudwatch_metric_alarm" "memory" {
  count = local.alarms

  alarm_name          = "${module.settings.name}-memory"
  alarm_description   = "Function and collector together used more than ${local.memory_alarm_mb} MB: too many items in the window, or the layer grew."
  namespace           = module.settings.metrics_namespace
  metric_name         = aws_cloudwatch_log_metric_filter.memory[0].metric_transformation[0].name
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.memory_alarm_mb
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
