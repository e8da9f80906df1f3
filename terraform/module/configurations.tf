# A function of its own for configuration streams, if asked for (configurations_concurrency). It is the same function with places of its own: whoever streams
# anonymously from the first can take all of that one's places, and none of these.
#
# Nobody may reach it unsigned, because it would serve anonymous streams as well: what stands in front (terraform/edge, or rest_api) sends it the paths of
# configurations, and no others.

resource "aws_lambda_function" "configurations" {
  #checkov:skip=CKV_AWS_116:A dead letter queue takes asynchronous events; a URL invokes synchronously.
  #checkov:skip=CKV_AWS_117:In a VPC the response would be buffered (settings refuses one).
  #checkov:skip=CKV_AWS_173:The environment holds no secret: the JWT key is a public one, a shared secret is refused.
  #checkov:skip=CKV_AWS_272:Signatures are asked for where code_signing_config_arn names who signs.
  count = var.configurations_concurrency == null ? 0 : 1

  function_name = "${aws_lambda_function.this.function_name}-configurations"
  description   = "Configuration streams of ${aws_lambda_function.this.function_name}."

  # All else is the first function's, so that the two cannot drift apart.
  role                    = aws_lambda_function.this.role
  filename                = aws_lambda_function.this.filename
  s3_bucket               = aws_lambda_function.this.s3_bucket
  s3_key                  = aws_lambda_function.this.s3_key
  s3_object_version       = aws_lambda_function.this.s3_object_version
  source_code_hash        = aws_lambda_function.this.source_code_hash
  code_signing_config_arn = aws_lambda_function.this.code_signing_config_arn
  runtime                 = aws_lambda_function.this.runtime
  handler                 = aws_lambda_function.this.handler
  architectures           = aws_lambda_function.this.architectures
  layers                  = aws_lambda_function.this.layers
  kms_key_arn             = aws_lambda_function.this.kms_key_arn
  memory_size             = aws_lambda_function.this.memory_size
  timeout                 = aws_lambda_function.this.timeout
  tags                    = aws_lambda_function.this.tags
  publish                 = true

  reserved_concurrent_executions = var.configurations_concurrency

  environment {
    variables = module.settings.environment
  }

  tracing_config {
    mode = module.settings.tracing_mode
  }

  # One log group, so that ledger lines and given-up spans of both are found in one place.
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.function.name
  }

  depends_on = [aws_iam_role_policy.function]

  lifecycle {
    precondition {
      condition     = module.settings.url_auth == "AWS_IAM"
      error_message = "configurations_concurrency needs url_auth = \"AWS_IAM\": with NONE everybody could take its places with anonymous streams, which is what it is there to prevent."
    }

    precondition {
      condition     = !local.on_managed_instances
      error_message = "configurations_concurrency reserves places, and Managed Instances know no reservation."
    }

    precondition {
      condition     = var.users_table != null
      error_message = "configurations_concurrency needs a users_table: without one configuration streams answer 404."
    }
  }
}

resource "aws_lambda_alias" "configurations" {
  count = var.configurations_concurrency == null ? 0 : 1

  name             = aws_lambda_alias.live.name
  description      = "What the URL serves."
  function_name    = aws_lambda_function.configurations[0].function_name
  function_version = coalesce(var.configurations_live_version, aws_lambda_function.configurations[0].version)
}

resource "aws_lambda_function_url" "configurations" {
  count = var.configurations_concurrency == null ? 0 : 1

  function_name      = aws_lambda_function.configurations[0].function_name
  qualifier          = aws_lambda_alias.configurations[0].name
  authorization_type = "AWS_IAM"
  invoke_mode        = "RESPONSE_STREAM"

  cors {
    allow_credentials = false
    allow_methods     = ["GET"]
    allow_origins     = module.settings.allow_origins
    max_age           = 86400
    allow_headers     = local.cors_allowed_headers
    expose_headers    = local.cors_exposed_headers
  }
}
