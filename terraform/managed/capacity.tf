# The instances: a capacity provider in a network of yours, and the role with which Lambda manages them.

locals {
  name = "sse-streaming-${var.environment}"

  # Processors of AWS's own carry a g behind the generation: c8g, m7gd.
  architecture = can(regex("^[a-z][0-9]+g", var.instance_type)) ? "arm64" : "x86_64"
}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

# Lambda starts and ends instances with this role. The function itself has none of its rights.
resource "aws_iam_role" "operator" {
  name               = "${local.name}-operator-${var.region}"
  description        = "Lambda's hand on the instances of ${local.name}."
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy_attachment" "operator" {
  role       = aws_iam_role.operator.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AWSLambdaManagedEC2ResourceOperator"
}

# Why an instance did not start is told here, and nowhere else.
resource "aws_cloudwatch_log_group" "capacity_provider" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with its own key; the lines are about instances.
  #checkov:skip=CKV_AWS_338:A year of what instances did is no default.
  name              = "/aws/lambda/capacity-provider/${local.name}"
  retention_in_days = 30
}

data "aws_iam_policy_document" "operator_log" {
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [aws_cloudwatch_log_group.capacity_provider.arn, "${aws_cloudwatch_log_group.capacity_provider.arn}:*"]
  }
}

resource "aws_iam_role_policy" "operator_log" {
  name   = "log"
  role   = aws_iam_role.operator.id
  policy = data.aws_iam_policy_document.operator_log.json
}

resource "aws_lambda_capacity_provider" "this" {
  name = local.name

  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = var.security_group_ids
  }

  permissions_config {
    capacity_provider_operator_role_arn = aws_iam_role.operator.arn
  }

  # One type, so that what an hour costs can be reckoned.
  instance_requirements {
    architectures          = [local.architecture]
    allowed_instance_types = [var.instance_type]
  }

  # Instances come and go with the environments that are placed on them. A target for their CPU would be missed by far
  # from below, whatever it is: streams hardly use any.
  capacity_provider_scaling_config {
    scaling_mode   = "Auto"
    max_vcpu_count = module.sizing.max_vcpu_count
  }

  depends_on = [aws_iam_role_policy_attachment.operator, aws_iam_role_policy.operator_log]
}
