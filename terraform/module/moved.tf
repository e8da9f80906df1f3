# Where resources of earlier versions went. Without these Terraform would make each alarm anew under its name and then delete the old one, which has the same.

moved {
  from = aws_cloudwatch_metric_alarm.spans_not_delivered[0]
  to   = aws_cloudwatch_metric_alarm.this["spans-not-delivered"]
}

moved {
  from = aws_cloudwatch_metric_alarm.errors[0]
  to   = aws_cloudwatch_metric_alarm.this["errors"]
}

moved {
  from = aws_cloudwatch_metric_alarm.duration[0]
  to   = aws_cloudwatch_metric_alarm.this["duration"]
}

moved {
  from = aws_cloudwatch_metric_alarm.memory[0]
  to   = aws_cloudwatch_metric_alarm.this["memory"]
}

moved {
  from = aws_cloudwatch_metric_alarm.throttles[0]
  to   = aws_cloudwatch_metric_alarm.this["throttles"]
}

moved {
  from = aws_cloudwatch_metric_alarm.concurrency[0]
  to   = aws_cloudwatch_metric_alarm.this["concurrency"]
}

moved {
  from = aws_cloudwatch_metric_alarm.url_4xx[0]
  to   = aws_cloudwatch_metric_alarm.this["url-4xx"]
}

moved {
  from = aws_cloudwatch_metric_alarm.url_5xx[0]
  to   = aws_cloudwatch_metric_alarm.this["url-5xx"]
}

moved {
  from = aws_cloudwatch_metric_alarm.poll_failures[0]
  to   = aws_cloudwatch_metric_alarm.this["poll-failures"]
}

moved {
  from = aws_cloudwatch_metric_alarm.data_age[0]
  to   = aws_cloudwatch_metric_alarm.this["data-age"]
}
