# What the function may do, and nothing else. A test of the workspace compares the actions with the calls in the code.

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "function" {
  # PutTraceSegments, PutTelemetryRecords and PutMetricData know no resources; the namespace is a condition.
  statement {
    sid     = "ReadItems"
    actions = ["dynamodb:Query"]
    # The index only: the table itself would show what the projection leaves out.
    resources = ["${local.sentiments_table_arn}/index/${module.settings.sentiments_index}"]
  }

  dynamic "statement" {
    for_each = var.users_table == null ? [] : [local.users_table_arn]

    content {
      sid       = "ReadConfigurations"
      actions   = ["dynamodb:GetItem"]
      resources = [statement.value]

      # The table may hold more than users.
      condition {
        test     = "ForAllValues:StringLike"
        variable = "dynamodb:LeadingKeys"
        values   = ["USER#*"]
      }
    }
  }

  dynamic "statement" {
    for_each = module.settings.puts_metrics ? [module.settings.metrics_namespace] : []

    content {
      sid       = "PutMetrics"
      actions   = ["cloudwatch:PutMetricData"]
      resources = ["*"]

      condition {
        test     = "StringEquals"
        variable = "cloudwatch:namespace"
        values   = [statement.value]
      }
    }
  }

  # Used by the X-Ray daemon and the collector, with the function's role.
  dynamic "statement" {
    for_each = module.settings.tracing_mode == "Active" ? ["*"] : []

    content {
      sid       = "SendTraces"
      actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      resources = [statement.value]
    }
  }

  # Used by Lambda for the environment, and by DynamoDB for tables that are encrypted with this key, with the function's role.
  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]

    content {
      sid       = "DecryptWithKey"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }

  # Used by the function itself. The endpoint asks for PutTraceSegments, above; the service authorization reference names these two.
  dynamic "statement" {
    for_each = module.settings.sends_to_xray ? ["*"] : []

    content {
      sid       = "SendSpans"
      actions   = ["xray:PutSpans", "xray:PutSpansForIndexing"]
      resources = [statement.value]
    }
  }

  # Used by Lambda, with the function's role. The group exists already.
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }
}

resource "aws_iam_role" "function" {
  name                 = "${module.settings.name}-${data.aws_region.current.region}"
  description          = "The streaming function ${module.settings.name}."
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_role_policy" "function" {
  name   = "function"
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.function.json
}

locals {
  # A table of another account is given by its ARN.
  tables_arn           = "arn:${data.aws_partition.current.partition}:dynamodb:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:table"
  sentiments_table_arn = startswith(local.sentiments_table, "arn:") ? local.sentiments_table : "${local.tables_arn}/${local.sentiments_table}"
  users_table_arn      = try(startswith(var.users_table, "arn:") ? var.users_table : "${local.tables_arn}/${var.users_table}", null)
}
