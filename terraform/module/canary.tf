# The canary, if asked for: `verify --canary` on a schedule, as a function of its own with the same package. It opens a stream at the URL, reads back
# what it left, and writes metrics; two alarms ring when a check fails, and when the canary itself falls silent.

variable "canary" {
  description = "How often the deployment is verified (an EventBridge schedule, such as rate(15 minutes)), how long each run waits for traces and log lines, and after how many seconds without a run the alarm rings; null: no canary."
  type = object({
    schedule       = optional(string, "rate(15 minutes)")
    patience       = optional(string, "3m")
    silent_after_s = optional(number, 3600)
  })
  default = null

  validation {
    condition     = var.canary == null || try(can(regex("^(rate|cron)\\(.+\\)$", var.canary.schedule)) && can(regex("^[1-9][0-9]*[sm]$", var.canary.patience)), false)
    error_message = "canary.schedule is rate(…) or cron(…), canary.patience a number of seconds or minutes: 90s, 3m."
  }

  validation {
    condition     = var.canary == null || try(var.canary.silent_after_s % 60 == 0 && var.canary.silent_after_s >= 300 && var.canary.silent_after_s <= 86400, false)
    error_message = "canary.silent_after_s is 300 to 86400, in whole minutes: the period of an alarm."
  }
}

locals {
  canary      = var.canary == null ? 0 : 1
  canary_name = "${module.settings.name}-canary"

  # Flags of `verify`. The URL's region is in it, and the alias is what the URL serves.
  canary_flags = join(" ", concat(
    [
      "--url", trimsuffix(aws_lambda_function_url.live.function_url, "/"),
      "--function", "${aws_lambda_function.this.function_name}:${aws_lambda_alias.live.name}",
      "--memory-limit", tostring(local.memory_alarm_mb),
    ],
    # So many streams are meant to be possible. (Without a reservation there is nothing to compare with.)
    module.settings.reserved_concurrency > 0 ? ["--expect-streams", tostring(module.settings.reserved_concurrency)] : [],
    var.canary == null ? [] : ["--patience", var.canary.patience],
  ))
}

resource "aws_cloudwatch_log_group" "canary" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with its own key unless kms_key_arn names one; the lines hold no token, user id or item text.
  #checkov:skip=CKV_AWS_338:How long to keep logs is the user's cost (log_retention_days); a year is not a default.
  count = local.canary

  name              = "/aws/lambda/${local.canary_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

# What `verify --print-policy` prints, for this function; a test of the workspace compares the two.
data "aws_iam_policy_document" "canary" {
  #checkov:skip=CKV_AWS_356:X-Ray's reading calls and DescribeAlarms know no resources.
  count = local.canary

  statement {
    sid       = "Traces"
    actions   = ["xray:GetTraceSegmentDestination", "xray:BatchGetTraces", "xray:StartTraceRetrieval", "xray:ListRetrievedTraces", "cloudwatch:DescribeAlarms"]
    resources = ["*"]
  }

  statement {
    sid       = "Function"
    actions   = ["lambda:GetFunctionConfiguration", "lambda:GetFunctionUrlConfig", "lambda:ListAliases", "lambda:GetPolicy", "lambda:GetFunctionConcurrency"]
    resources = [aws_lambda_function.this.arn, "${aws_lambda_function.this.arn}:*"]
  }

  statement {
    sid     = "Log"
    actions = ["logs:FilterLogEvents"]
    resources = [
      "${aws_cloudwatch_log_group.function.arn}:*",
      # Where Transaction Search keeps spans.
      "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:log-group:aws/spans:*",
    ]
  }

  # A public URL asks for no rights.
  dynamic "statement" {
    for_each = module.settings.url_auth == "AWS_IAM" ? [aws_lambda_function.this.arn] : []

    content {
      sid       = "SignedUrl"
      actions   = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]
      resources = [statement.value, "${statement.value}:*"]
    }
  }

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.canary[0].arn}:*"]
  }
}

resource "aws_iam_role" "canary" {
  count = local.canary

  name                 = "${local.canary_name}-${data.aws_region.current.region}"
  description          = "The canary of ${module.settings.name}: it reads what a stream left."
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_role_policy" "canary" {
  count = local.canary

  name   = "canary"
  role   = aws_iam_role.canary[0].id
  policy = data.aws_iam_policy_document.canary[0].json
}

resource "aws_lambda_function" "canary" {
  #checkov:skip=CKV_AWS_50:It reads traces, and leaves none of its own between them.
  #checkov:skip=CKV_AWS_115:One run at a time, by its schedule.
  #checkov:skip=CKV_AWS_116:A run that failed is missed by its alarm, and the next one comes.
  #checkov:skip=CKV_AWS_117:It calls a public URL and AWS's own addresses.
  #checkov:skip=CKV_AWS_173:The environment holds no secret.
  #checkov:skip=CKV_AWS_272:Signatures are asked for where code_signing_config_arn names who signs.
  count = local.canary

  function_name = local.canary_name
  description   = "Verifies ${module.settings.name} on a schedule."
  role          = aws_iam_role.canary[0].arn

  # The same program: one variable tells it that it is the canary.
  filename                = aws_lambda_function.this.filename
  s3_bucket               = aws_lambda_function.this.s3_bucket
  s3_key                  = aws_lambda_function.this.s3_key
  s3_object_version       = aws_lambda_function.this.s3_object_version
  source_code_hash        = aws_lambda_function.this.source_code_hash
  code_signing_config_arn = aws_lambda_function.this.code_signing_config_arn
  runtime                 = aws_lambda_function.this.runtime
  handler                 = aws_lambda_function.this.handler
  architectures           = aws_lambda_function.this.architectures
  kms_key_arn             = var.kms_key_arn
  tags                    = var.tags

  # It reads a stream to its end, and then waits for what that left.
  memory_size = 256
  timeout     = 900

  environment {
    variables = {
      SSE_VERIFY_FLAGS      = local.canary_flags
      SSE_METRICS_NAMESPACE = module.settings.metrics_namespace
      ENVIRONMENT           = var.environment
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.canary[0].name
  }

  depends_on = [aws_iam_role_policy.canary]

  # What would fail in each run, or could never be judged.
  lifecycle {
    precondition {
      condition     = var.alarms
      error_message = "A canary needs alarms = true: that nobody is told of lost spans is one of the things that it calls a failure."
    }

    precondition {
      condition     = !contains(["stdout", "off"], module.settings.environment["SSE_TELEMETRY"])
      error_message = "A canary reads traces back, and with telemetry = \"${module.settings.environment["SSE_TELEMETRY"]}\" there are none."
    }

    precondition {
      condition     = local.on_managed_instances || module.settings.url_auth == "AWS_IAM" || module.settings.reserved_concurrency > 0
      error_message = "A canary needs a reserved_concurrency where the URL is public: that nothing bounds it is one of the things that it calls a failure."
    }
  }
}

# A second run after one that failed would say nothing new, and the next comes by itself.
resource "aws_lambda_function_event_invoke_config" "canary" {
  count = local.canary

  function_name                = aws_lambda_function.canary[0].function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 300
}

resource "aws_cloudwatch_event_rule" "canary" {
  count = local.canary

  name                = local.canary_name
  description         = "When ${module.settings.name} is verified."
  schedule_expression = var.canary.schedule
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "canary" {
  count = local.canary

  rule = aws_cloudwatch_event_rule.canary[0].name
  arn  = aws_lambda_function.canary[0].arn
}

resource "aws_lambda_permission" "canary" {
  count = local.canary

  statement_id  = "Schedule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.canary[0].function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.canary[0].arn
}

# Whoever asks for a canary wants to hear it: its alarms do not depend on `alarms`.

resource "aws_cloudwatch_metric_alarm" "canary_failed" {
  count = local.canary

  alarm_name          = "${module.settings.name}-canary-failed"
  alarm_description   = "A check of `verify` failed; ${aws_cloudwatch_log_group.canary[0].name} says which, and why. See docs/runbook.md."
  namespace           = module.settings.metrics_namespace
  metric_name         = "VerifyFailed"
  dimensions          = { Environment = var.environment }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  # Between two runs there is no data. What failed stays in alarm until a run says otherwise.
  treat_missing_data = "ignore"
  alarm_actions      = var.alarm_topics
  ok_actions         = var.alarm_topics
  tags               = var.tags
}

resource "aws_cloudwatch_metric_alarm" "canary_silent" {
  count = local.canary

  alarm_name          = "${module.settings.name}-canary-silent"
  alarm_description   = "No run of `verify` came to its end in ${var.canary.silent_after_s / 60} min: nobody looks at the deployment. See docs/runbook.md."
  namespace           = module.settings.metrics_namespace
  metric_name         = "VerifyFailed"
  dimensions          = { Environment = var.environment }
  statistic           = "SampleCount"
  period              = var.canary.silent_after_s
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
  tags                = var.tags
}
