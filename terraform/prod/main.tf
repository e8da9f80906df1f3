# Prod: metrics by PutMetricData, protected tables, origins by name, alarms and a dashboard unless declined, tokens of this issuer and audience only.

terraform {
  required_version = ">= 1.8"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.54, < 7.0"
    }
  }

  # State is a local file until you say otherwise: backend.tf.example, beside this one.
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Service     = "sse-streaming"
      Environment = "prod"
    }
  }
}

module "sse_streaming" {
  source = "../module"

  environment  = "prod"
  architecture = var.architecture

  package                     = var.package_s3 == null ? "${path.root}/../../target/lambda/sse-streaming-${var.architecture}.zip" : null
  package_s3                  = var.package_s3
  code_signing_config_arn     = var.code_signing_config_arn
  live_version                = var.live_version
  configurations_live_version = var.configurations_live_version
  shift                       = var.shift

  metrics   = "cloudwatch"
  telemetry = var.telemetry

  # Account-wide: see the variable.
  transaction_search = var.transaction_search

  users_table    = "sse-streaming-prod-users"
  jwt_public_key = var.jwt_public_key
  jwt_issuer     = var.jwt_issuer
  jwt_audience   = var.jwt_audience

  require_token_claims = true

  url_auth                   = var.url_auth
  allow_origins              = var.allow_origins
  reserved_concurrency       = var.reserved_concurrency
  configurations_concurrency = var.configurations_concurrency
  rest_api                   = var.rest_api

  deletion_protection  = var.deletion_protection
  kms_key_arn          = var.kms_key_arn
  permissions_boundary = var.permissions_boundary

  log_retention_days = 90
  trace_group        = true
  sampling_rule      = var.sampling_rule
  alarms             = var.alarms
  alarm_topics       = var.alarm_topics
  dashboard          = var.dashboard
  canary             = var.canary
  budget             = var.budget
}
