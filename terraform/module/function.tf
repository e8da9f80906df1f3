# The function, its log group, and the alias that the URL serves.

resource "aws_cloudwatch_log_group" "function" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with its own key; the lines hold no token, user id or item text.
  #checkov:skip=CKV_AWS_338:How long to keep logs is the user's cost (log_retention_days); a year is not a default.
  name              = "/aws/lambda/${module.settings.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:A dead letter queue takes asynchronous events; a URL invokes synchronously.
  #checkov:skip=CKV_AWS_117:In a VPC the response would be buffered (settings refuses one).
  #checkov:skip=CKV_AWS_173:The environment holds no secret: the JWT key is a public one, a shared secret is refused.
  #checkov:skip=CKV_AWS_272:The package is built and applied by the same hand; its hash stands in the plan.
  function_name = module.settings.name
  description   = "Server-Sent Events from DynamoDB, traced to the end of the stream."
  role          = aws_iam_role.function.arn

  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [module.settings.architecture]
  layers           = module.settings.layers

  memory_size                    = module.settings.memory_mb
  timeout                        = module.settings.timeout_s
  reserved_concurrent_executions = module.settings.reserved_concurrency

  # Versions are what a rollback goes back to.
  publish = true

  environment {
    variables = module.settings.environment
  }

  tracing_config {
    mode = module.settings.tracing_mode
  }

  # Lines reach the log as the function writes them: EMF, ledger lines and given-up spans are read by machines.
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.function.name
  }

  depends_on = [aws_iam_role_policy.function]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What the URL serves."
  function_name    = aws_lambda_function.this.function_name
  function_version = coalesce(var.live_version, aws_lambda_function.this.version)
}
