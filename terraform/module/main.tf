# The service on AWS: a streaming function behind a function URL, its collector, its tables, and the least of rights.

terraform {
  required_version = ">= 1.8"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 6.29 knows invoked_via_function_url, without which new URLs answer 403; 6.54 the scaling of Managed Instances.
      version = ">= 6.54, < 7.0"
    }
  }
}

data "aws_region" "current" {}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

# What can be decided, and refused, without AWS.
module "settings" {
  source = "./settings"

  region           = data.aws_region.current.region
  sentiments_table = local.sentiments_table
  users_table      = var.users_table

  environment          = var.environment
  service_name         = var.service_name
  architecture         = var.architecture
  memory_mb            = var.memory_mb
  timeout_s            = var.timeout_s
  stream_max_ms        = var.stream_max_ms
  sentiments_index     = var.sentiments_index
  metrics              = var.metrics
  metrics_namespace    = var.metrics_namespace
  telemetry            = var.telemetry
  collector_layer_arn  = var.collector_layer_arn
  jwt_public_key       = var.jwt_public_key
  jwt_issuer           = var.jwt_issuer
  jwt_audience         = var.jwt_audience
  log_level            = var.log_level
  url_auth             = var.url_auth
  allow_origins        = var.allow_origins
  reserved_concurrency = var.reserved_concurrency
  extra_environment    = var.extra_environment
  vpc_config           = var.vpc_config
  require_token_claims = var.require_token_claims

  compute                     = var.compute
  capacity_provider_arn       = var.capacity_provider_arn
  gib_per_vcpu                = var.gib_per_vcpu
  concurrency_per_environment = var.concurrency_per_environment
}

locals {
  # The module makes the tables under these names, or finds them there (create_tables = false).
  sentiments_table = coalesce(var.sentiments_table, "sse-streaming-${var.environment}-sentiments")
}
