# What a deployment of prod gets, and what its variables reach, with a provider that makes everything up. Run by `check`.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  region               = "eu-central-1"
  allow_origins        = ["https://app.example.com"]
  reserved_concurrency = 20
  # The file of terraform/package is not there where nothing was built.
  package_s3 = { bucket = "packages", key = "sse-streaming-x86_64.zip", version = "abc" }
}

run "defaults" {
  assert {
    condition     = output.function_name == "sse-streaming-prod" && output.sentiments_table == "sse-streaming-prod-sentiments" && output.log_group == "/aws/lambda/sse-streaming-prod"
    error_message = "Names."
  }

  assert {
    condition     = output.configurations_url == null && output.configurations_function_name == null && output.rest_api_url == null && output.heartbeat_interval_ms == 15000
    error_message = "One function, and no door, unless asked for."
  }
}

run "both_functions_behind_api_gateway" {
  variables {
    url_auth                   = "AWS_IAM"
    configurations_concurrency = 10
    rest_api                   = {}
    jwt_public_key             = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"
    jwt_issuer                 = "https://issuer.example"
    jwt_audience               = "streams"
    budget                     = { monthly_usd = 300, emails = ["on-call@example.com"] }
    live_version               = "12"
    shift                      = { version = "13", weight = 0.1 }
  }

  assert {
    condition     = output.configurations_function_name == "sse-streaming-prod-configurations" && output.rest_api_url != null && output.live_version == "12"
    error_message = "What was asked for."
  }
}
