# Staging: the same function, with the adapters that cost least. Metrics ride in the log (emf), tables may be destroyed.

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
      Environment = "staging"
    }
  }
}

module "sse_streaming" {
  source = "../module"

  environment  = "staging"
  architecture = var.architecture
  package      = var.package_s3 == null ? "${path.root}/../../target/lambda/sse-streaming-${var.architecture}.zip" : null
  package_s3   = var.package_s3
  live_version = var.live_version

  metrics   = "emf"
  telemetry = var.telemetry

  # Account-wide: see the variable.
  transaction_search = var.transaction_search

  users_table         = "sse-streaming-staging-users"
  jwt_public_key      = var.jwt_public_key
  jwt_issuer          = var.jwt_issuer
  jwt_audience        = var.jwt_audience
  deletion_protection = false

  url_auth             = var.url_auth
  permissions_boundary = var.permissions_boundary

  reserved_concurrency = 5
  log_retention_days   = 7
  trace_group          = true
}
