# CloudWatch Transaction Search, which X-Ray's OTLP endpoint asks for: where the traces of the whole account and region go.
#
# THIS IS NO SETTING OF THE FUNCTION. It moves the segments of every application of the account in this region from X-Ray's own store to the
# log group aws/spans, and what they cost with them: 0.35 USD a GB there, and one span in a hundred indexed for nothing. X-Ray's own
# store is billed by the trace. `terraform destroy` does not switch it back; `aws xray update-trace-segment-destination
# --destination XRay` does. Two configurations that both hold it fight. Hence it is off unless asked for.

data "aws_iam_policy_document" "transaction_search" {
  count = var.transaction_search ? 1 : 0

  # Without /aws/application-signals/data: with it X-Ray also makes, and bills, a metric for every service and operation.
  statement {
    sid       = "XRayWritesSpans"
    actions   = ["logs:PutLogEvents"]
    resources = ["arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:log-group:aws/spans:*"]

    principals {
      type        = "Service"
      identifiers = ["xray.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:xray:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_cloudwatch_log_resource_policy" "transaction_search" {
  count = var.transaction_search ? 1 : 0

  policy_name     = "xray-writes-spans"
  policy_document = data.aws_iam_policy_document.transaction_search[0].json
}

# Refused with AccessDenied until the policy has reached X-Ray, which takes seconds: apply again.
resource "aws_xray_trace_segment_destination" "transaction_search" {
  count = var.transaction_search ? 1 : 0

  destination = "CloudWatchLogs"

  depends_on = [aws_cloudwatch_log_resource_policy.transaction_search]
}
