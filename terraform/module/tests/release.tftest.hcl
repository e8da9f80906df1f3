# How the function is released and protected: package, versions, keys, tags. Run by `check`.

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
  environment = "staging"
  # Any file will do where nothing is uploaded.
  package = "../collector.yaml"
}

run "a_package_in_s3" {
  variables {
    package                 = null
    package_s3              = { bucket = "packages", key = "sse-streaming-x86_64.zip", version = "abc" }
    code_signing_config_arn = "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-0123456789abcdef0"
  }

  assert {
    condition     = aws_lambda_function.this.s3_bucket == "packages" && aws_lambda_function.this.s3_key == "sse-streaming-x86_64.zip" && aws_lambda_function.this.s3_object_version == "abc"
    error_message = "The object."
  }

  assert {
    condition     = aws_lambda_function.this.code_signing_config_arn == "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    error_message = "Who signs."
  }
}

run "no_package_at_all" {
  command = plan
  variables {
    package = null
  }
  expect_failures = [aws_lambda_function.this]
}

run "two_packages" {
  command = plan
  variables {
    package_s3 = { bucket = "packages", key = "sse-streaming-x86_64.zip" }
  }
  expect_failures = [aws_lambda_function.this]
}

run "part_of_the_requests_to_another_version" {
  variables {
    live_version = "12"
    shift        = { version = "13", weight = 0.1 }
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "12" && one(aws_lambda_alias.live.routing_config).additional_version_weights["13"] == 0.1
    error_message = "A release in steps."
  }
}

run "all_requests_to_another_version" {
  command = plan
  variables {
    shift = { version = "13", weight = 1 }
  }
  expect_failures = [var.shift]
}

run "a_key_a_boundary_and_tags" {
  variables {
    kms_key_arn          = "arn:aws:kms:eu-central-1:123456789012:key/0123"
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    tags                 = { Team = "streams" }
    users_table          = "users"
    alarms               = true
  }

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == "arn:aws:kms:eu-central-1:123456789012:key/0123" && aws_cloudwatch_log_group.function.kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/0123" && one(aws_dynamodb_table.sentiments[0].server_side_encryption).kms_key_arn == "arn:aws:kms:eu-central-1:123456789012:key/0123" && one(aws_dynamodb_table.users[0].server_side_encryption).enabled
    error_message = "Environment, log and tables are encrypted with the key."
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.function.statement : one(s.resources) if s.sid == "DecryptWithKey"] == ["arn:aws:kms:eu-central-1:123456789012:key/0123"]
    error_message = "The function may decrypt with this key, and no other."
  }

  assert {
    condition     = aws_iam_role.function.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"
    error_message = "The boundary."
  }

  assert {
    condition = alltrue([
      for tags in [aws_lambda_function.this.tags, aws_iam_role.function.tags, aws_cloudwatch_log_group.function.tags, aws_dynamodb_table.sentiments[0].tags, aws_dynamodb_table.users[0].tags, aws_cloudwatch_metric_alarm.this["errors"].tags] :
      tags == tomap({ Team = "streams" })
    ])
    error_message = "Tags."
  }
}

run "an_alias_of_a_key" {
  command = plan
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/streams"
  }
  expect_failures = [var.kms_key_arn]
}

run "tables_of_another_account" {
  variables {
    create_tables    = false
    sentiments_table = "arn:aws:dynamodb:eu-central-1:999999999999:table/theirs"
    users_table      = "arn:aws:dynamodb:eu-central-1:999999999999:table/users"
  }

  assert {
    condition     = one(data.aws_iam_policy_document.function.statement[0].resources) == "arn:aws:dynamodb:eu-central-1:999999999999:table/theirs/index/by_sentiment" && [for s in data.aws_iam_policy_document.function.statement : one(s.resources) if s.sid == "ReadConfigurations"] == ["arn:aws:dynamodb:eu-central-1:999999999999:table/users"]
    error_message = "An ARN is taken as it is, not behind another."
  }
}

run "a_table_that_cannot_be_made" {
  command = plan
  variables {
    sentiments_table = "arn:aws:dynamodb:eu-central-1:123456789012:table/theirs"
  }
  expect_failures = [aws_dynamodb_table.sentiments]
}

run "a_users_table_that_cannot_be_made" {
  command = plan
  variables {
    users_table = "arn:aws:dynamodb:eu-central-1:123456789012:table/theirs"
  }
  expect_failures = [aws_dynamodb_table.users]
}
