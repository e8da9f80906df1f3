# Staging: the same function, with the adapters that cost least. Metrics ride in the log (emf), tables may be destroyed.

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
      Environment = "staging"
    }
  }
}

module "sse_streaming" {
  source = "../module"

  environment  = "staging"
  architecture = var.architecture
  package      = "${path.root}/../../target/lambda/sse-streaming-${var.architecture}.zip"
  live_version = var.live_version

  metrics   = "emf"
  telemetry = var.telemetry

  users_table         = "sse-streaming-staging-users"
  jwt_public_key      = var.jwt_public_key
  deletion_protection = false

  reserved_concurrency = 5
  log_retention_days   = 7
  trace_group          = true
}
