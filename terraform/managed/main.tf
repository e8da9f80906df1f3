# The service on Lambda Managed Instances: many streams share an environment, on instances of this account. The smallest of it
# costs what a few readers cost on demand; COST.md says from how many on it is the cheaper one.

terraform {
  required_version = ">= 1.8"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.54, < 7.0"
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
      Environment = var.environment
    }
  }
}

module "sizing" {
  source = "./sizing"

  streams                     = var.streams
  streams_max                 = var.streams_max
  memory_mb                   = var.memory_mb
  gib_per_vcpu                = var.gib_per_vcpu
  concurrency_per_environment = var.concurrency_per_environment
  instance_type               = var.instance_type
}

module "sse_streaming" {
  source = "../module"

  environment  = var.environment
  architecture = local.architecture
  package      = coalesce(var.package, "${path.root}/../../target/lambda/sse-streaming-${local.architecture}.zip")
  live_version = var.live_version

  compute                     = "managed_instances"
  capacity_provider_arn       = aws_lambda_capacity_provider.this.arn
  memory_mb                   = var.memory_mb
  gib_per_vcpu                = var.gib_per_vcpu
  concurrency_per_environment = var.concurrency_per_environment
  min_environments            = module.sizing.min_environments
  max_environments            = module.sizing.max_environments
  retired_versions            = var.retired_versions
  reserved_concurrency        = -1

  # A place is cheap here and a return is a request and perhaps a trace: longer streams than on demand.
  stream_max_ms = var.stream_max_ms

  # Metrics ride in the log, one put for all streams of an environment: one service less that the network must reach.
  metrics   = "emf"
  telemetry = var.telemetry

  users_table    = "sse-streaming-${var.environment}-users"
  jwt_public_key = var.jwt_public_key
  jwt_issuer     = var.jwt_issuer
  jwt_audience   = var.jwt_audience

  require_token_claims = true

  url_auth      = var.url_auth
  allow_origins = var.allow_origins

  trace_group  = true
  alarms       = var.alarms
  alarm_topics = var.alarm_topics
  canary       = var.canary
}
