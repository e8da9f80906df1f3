# Alarms on the data: polls that fail, data that ages. They watch metrics of the function itself, so there are none with metrics = "none".

locals {
  data_alarms = var.alarms && module.settings.has_metrics ? 1 : 0

  # Longer than a failed round and its repetitions; readers see `degraded` from the first one.
  data_age_alarm_ms = 60000
}

resource "aws_cloudwatch_metric_alarm" "poll_failures" {
  count = local.data_alarms

  alarm_name          = "${module.settings.name}-poll-failures"
  alarm_description   = "Rounds of reading were not whole in three periods in a row: DynamoDB throttles, fails or refuses. Spans dynamodb_poll with an error say which."
  namespace           = module.settings.metrics_namespace
  metric_name         = "PollFailures"
  dimensions          = { Environment = var.environment }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}

resource "aws_cloudwatch_metric_alarm" "data_age" {
  count = local.data_alarms

  alarm_name          = "${module.settings.name}-data-age"
  alarm_description   = "Readers were shown data whose last whole reading is more than ${local.data_age_alarm_ms / 1000} s old."
  namespace           = module.settings.metrics_namespace
  metric_name         = "DataAgeMs"
  dimensions          = { Environment = var.environment }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.data_age_alarm_ms
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
