# What a deployment of staging gets, with a provider that makes everything up. Run by `check`.

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
  region = "eu-central-1"
  # The file of terraform/package is not there where nothing was built.
  package_s3 = { bucket = "packages", key = "sse-streaming-x86_64.zip", version = "abc" }
}

run "defaults" {
  assert {
    condition     = output.function_name == "sse-streaming-staging" && output.sentiments_table == "sse-streaming-staging-sentiments"
    error_message = "Names."
  }
}

run "a_key_alone_will_do_and_signatures_can_be_tried" {
  variables {
    url_auth       = "AWS_IAM"
    jwt_public_key = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"
  }
}
