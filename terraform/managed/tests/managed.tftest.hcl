# The root, with a provider that makes everything up. Run by `check`.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-west-1" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { version = "7" }
  }

  mock_resource "aws_lambda_capacity_provider" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:capacity-provider:sse-streaming-managed" }
  }
}

variables {
  region             = "eu-west-1"
  package            = "../collector.yaml"
  subnet_ids         = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_ids = ["sg-1"]
  streams            = 300
  streams_max        = 1000
  allow_origins      = ["https://app.example.com"]
}

run "defaults" {
  assert {
    condition     = output.sizing.min_environments == 5 && output.sizing.max_environments == 17 && output.sizing.instances == { min = 3, max = 6 }
    error_message = "What the streams come to: ${jsonencode(output.sizing)}"
  }

  assert {
    condition     = one(aws_lambda_capacity_provider.this.capacity_provider_scaling_config).max_vcpu_count == 36 && one(aws_lambda_capacity_provider.this.instance_requirements).allowed_instance_types == tolist(["c8g.xlarge"]) && one(aws_lambda_capacity_provider.this.instance_requirements).architectures == tolist(["arm64"])
    error_message = "Instances of the capacity provider."
  }

  assert {
    condition     = endswith(aws_iam_role_policy_attachment.operator.policy_arn, "/AWSLambdaManagedEC2ResourceOperator") && toset(one(data.aws_iam_policy_document.operator_log.statement).actions) == toset(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])
    error_message = "Rights of the operator."
  }

  assert {
    condition     = output.must_reach == ["com.amazonaws.eu-west-1.logs", "com.amazonaws.eu-west-1.dynamodb", "com.amazonaws.eu-west-1.xray"]
    error_message = "What must be reachable: ${jsonencode(output.must_reach)}"
  }

  assert {
    condition     = output.live_version == "7"
    error_message = "The published version is served."
  }
}

run "x86_by_instance_type" {
  variables {
    instance_type = "m7i.2xlarge"
    telemetry     = "off"
  }

  assert {
    condition     = one(aws_lambda_capacity_provider.this.instance_requirements).architectures == tolist(["x86_64"]) && length(output.must_reach) == 2
    error_message = "The instance type decides the processor."
  }
}

run "no_subnet" {
  command = plan
  variables {
    subnet_ids = []
  }
  expect_failures = [var.subnet_ids]
}

run "too_many_security_groups" {
  command = plan
  variables {
    security_group_ids = ["sg-1", "sg-2", "sg-3", "sg-4", "sg-5", "sg-6"]
  }
  expect_failures = [var.security_group_ids]
}
