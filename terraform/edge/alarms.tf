# Alarms on what the door itself answers; the function's own are the module's. CloudFront's metrics and those of its web ACL are in us-east-1, and so must be the topics.

locals {
  edge_alarms = {
    edge-5xx = {
      namespace  = "AWS/CloudFront"
      metric     = "5xxErrorRate"
      dimensions = { DistributionId = aws_cloudfront_distribution.this.id, Region = "Global" }
      statistic  = "Average"
      threshold  = 5
      meaning    = "More than 5 % of the answers were 5xx for a quarter of an hour: CloudFront does not reach the function, may not call it, or passes its errors on."
    }
    edge-blocked = {
      namespace  = "AWS/WAFV2"
      metric     = "BlockedRequests"
      dimensions = { WebACL = local.name, Rule = "${local.name}-per-address" }
      statistic  = "Sum"
      threshold  = var.blocked_alarm
      meaning    = "More than ${var.blocked_alarm} requests in five minutes, three times in a row, were over the limit per address."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = { for key, alarm in local.edge_alarms : key => alarm if var.alarms }

  region              = "us-east-1"
  alarm_name          = "${var.function_name}-${each.key}"
  alarm_description   = "${each.value.meaning} See docs/runbook.md."
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
