# The function, its log group, and the alias that the URL serves.

resource "aws_cloudwatch_log_group" "function" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with its own key unless kms_key_arn names one; the lines hold no token, user id or item text.
  #checkov:skip=CKV_AWS_338:How long to keep logs is the user's cost (log_retention_days); a year is not a default.
  name              = "/aws/lambda/${module.settings.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:A dead letter queue takes asynchronous events; a URL invokes synchronously.
  #checkov:skip=CKV_AWS_117:In a VPC the response would be buffered (settings refuses one); on Managed Instances the capacity provider has one.
  #checkov:skip=CKV_AWS_173:The environment holds no secret: the JWT key is a public one, a shared secret is refused.
  #checkov:skip=CKV_AWS_272:Signatures are asked for where code_signing_config_arn names who signs.
  function_name = module.settings.name
  description   = "Server-Sent Events from DynamoDB, traced to the end of the stream."
  role          = aws_iam_role.function.arn

  filename                = var.package
  s3_bucket               = try(var.package_s3.bucket, null)
  s3_key                  = try(var.package_s3.key, null)
  s3_object_version       = try(var.package_s3.version, null)
  source_code_hash        = var.package == null ? null : filebase64sha256(var.package)
  code_signing_config_arn = var.code_signing_config_arn

  runtime       = "provided.al2023"
  handler       = "bootstrap"
  architectures = [module.settings.architecture]
  layers        = module.settings.layers
  kms_key_arn   = var.kms_key_arn
  tags          = var.tags

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
    log_format            = module.settings.logging.format
    application_log_level = module.settings.logging.application_level
    system_log_level      = module.settings.logging.system_level
    log_group             = aws_cloudwatch_log_group.function.name
  }

  dynamic "capacity_provider_config" {
    for_each = module.settings.capacity_provider == null ? [] : [module.settings.capacity_provider]

    content {
      lambda_managed_instances_capacity_provider_config {
        capacity_provider_arn                     = capacity_provider_config.value.arn
        execution_environment_memory_gib_per_vcpu = capacity_provider_config.value.gib_per_vcpu
        per_execution_environment_max_concurrency = capacity_provider_config.value.concurrency_per_environment
      }
    }
  }

  # A version on Managed Instances becomes active when its first environments run, on instances that may have to start.
  timeouts {
    create = "30m"
    update = "30m"
  }

  depends_on = [aws_iam_role_policy.function]

  lifecycle {
    precondition {
      condition     = (var.package == null) != (var.package_s3 == null)
      error_message = "The package is a file (package) or an object in S3 (package_s3): one of the two, and not both."
    }
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What the URL serves."
  function_name    = aws_lambda_function.this.function_name
  function_version = local.live_version

  # Lambda chooses anew for each request, so a reader may meet either version at each connection; the cursor carries over.
  dynamic "routing_config" {
    for_each = var.shift == null ? [] : [var.shift]

    content {
      additional_version_weights = { (routing_config.value.version) = routing_config.value.weight }
    }
  }

  # Readers are sent to a version only when its environments are there.
  depends_on = [aws_lambda_function_scaling_config.live]
}

locals {
  live_version = coalesce(var.live_version, aws_lambda_function.this.version)
}
