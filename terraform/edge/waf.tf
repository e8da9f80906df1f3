# Connections that one address may begin. It counts requests, not open streams; those the reservation bounds.

resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192:The function parses no Java.
  #checkov:skip=CKV_AWS_175:Its rule is written as rule_json, which the check does not read.
  #checkov:skip=CKV2_AWS_31:Its logs would hold query strings, which may carry a token (user_token).
  # Web ACLs of CloudFront live in this region only.
  region      = "us-east-1"
  name        = local.name
  description = "A limit per address before ${var.function_name}."
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  # As the API writes it. 429 says "later" to a client; the default 403 would say "never".
  rule_json = jsonencode([{
    Name     = "per-address"
    Priority = 0
    Action = {
      Block = {
        CustomResponse = {
          ResponseCode    = 429
          ResponseHeaders = [{ Name = "Retry-After", Value = "60" }]
        }
      }
    }
    Statement = {
      RateBasedStatement = {
        Limit               = var.rate_limit
        EvaluationWindowSec = 60
        AggregateKeyType    = "IP"
      }
    }
    VisibilityConfig = {
      SampledRequestsEnabled   = false
      CloudWatchMetricsEnabled = true
      MetricName               = "${local.name}-per-address"
    }
  }])

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = local.name
    sampled_requests_enabled   = false
  }
}
