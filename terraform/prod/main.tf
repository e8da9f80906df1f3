# Prod: metrics by PutMetricData, protected tables, origins by name, alarms unless declined.

terraform {
  required_version = ">= 1.8"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.29, < 7.0"
    }
  }

  # State is a local file until you say otherwise, in a file of your own beside this one:
  #   terraform { backend "s3" { … } }
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
  package      = "${path.root}/../../target/lambda/sse-streaming-${var.architecture}.zip"
  live_version = var.live_version

  metrics   = "cloudwatch"
  telemetry = var.telemetry

  users_table    = "sse-streaming-prod-users"
  jwt_public_key = var.jwt_public_key
  jwt_issuer     = var.jwt_issuer
  jwt_audience   = var.jwt_audience

  url_auth             = var.url_auth
  allow_origins        = var.allow_origins
  reserved_concurrency = var.reserved_concurrency

  log_retention_days = 90
  trace_group        = true
  sampling_rule      = var.sampling_rule
  alarms             = var.alarms
  alarm_topics       = var.alarm_topics
}
