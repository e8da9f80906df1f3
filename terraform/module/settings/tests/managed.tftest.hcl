# What the choice of compute means, and what does not go with it. Each refusal is asked for by itself.

variables {
  environment           = "managed"
  region                = "eu-west-1"
  sentiments_table      = "sse-streaming-managed-sentiments"
  compute               = "managed_instances"
  capacity_provider_arn = "arn:aws:lambda:eu-west-1:123456789012:capacity-provider:sse-streaming-managed"
  memory_mb             = 4096
  reserved_concurrency  = -1
}

run "managed_instances" {
  assert {
    condition     = output.capacity_provider == { arn = var.capacity_provider_arn, name = "sse-streaming-managed", gib_per_vcpu = 2, concurrency_per_environment = 128 }
    error_message = "Two vCPUs, 64 invocations each: ${jsonencode(output.capacity_provider)}"
  }

  assert {
    condition     = output.logging == { format = "JSON", application_level = "INFO", system_level = "INFO" }
    error_message = "Form of the log: ${jsonencode(output.logging)}"
  }
}

run "on_demand" {
  variables {
    compute               = "on_demand"
    capacity_provider_arn = null
    memory_mb             = 512
    reserved_concurrency  = 10
  }

  assert {
    condition     = output.capacity_provider == null && output.logging.format == "Text" && output.logging.application_level == null
    error_message = "Nothing of Managed Instances on demand."
  }
}

run "lines_that_are_asked_for_pass_the_filter" {
  variables {
    log_level = "info,sse_core=debug"
  }

  assert {
    condition     = output.logging.application_level == "DEBUG"
    error_message = "A filter above what log_level asks for."
  }
}

run "the_ledger_passes_the_filter" {
  variables {
    log_level = "error"
  }

  assert {
    condition     = output.logging.application_level == "INFO"
    error_message = "Ledger and metrics are INFO lines, whatever RUST_LOG says."
  }
}

run "memory_below_two_gigabytes" {
  command = plan
  variables {
    memory_mb = 1024
  }
  expect_failures = [terraform_data.memory_of_the_compute]
}

run "memory_above_the_largest" {
  command = plan
  variables {
    memory_mb = 32768
    compute   = "on_demand"

    capacity_provider_arn = null
  }
  expect_failures = [terraform_data.memory_of_the_compute]
}

run "half_a_vcpu" {
  command = plan
  variables {
    memory_mb = 3072
  }
  expect_failures = [terraform_data.memory_of_the_compute]
}

run "a_ratio_that_is_none" {
  command = plan
  variables {
    gib_per_vcpu = 3
  }
  expect_failures = [var.gib_per_vcpu]
}

run "more_than_64_a_vcpu" {
  command = plan
  variables {
    concurrency_per_environment = 129
  }
  expect_failures = [terraform_data.concurrency_of_an_environment]
}

run "no_place_beside_the_reserve" {
  command = plan
  variables {
    concurrency_per_environment = 1
  }
  expect_failures = [terraform_data.concurrency_of_an_environment]
}

run "a_vpc_of_its_own_beside_it" {
  command = plan
  variables {
    vpc_config = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }
  expect_failures = [var.vpc_config]
}

run "no_capacity_provider" {
  command = plan
  variables {
    capacity_provider_arn = null
  }
  expect_failures = [terraform_data.compute_and_its_settings]
}

run "a_capacity_provider_on_demand" {
  command = plan
  variables {
    compute   = "on_demand"
    memory_mb = 512
  }
  expect_failures = [terraform_data.compute_and_its_settings]
}

run "a_ratio_on_demand" {
  command = plan
  variables {
    compute               = "on_demand"
    capacity_provider_arn = null
    memory_mb             = 512
    gib_per_vcpu          = 4
  }
  expect_failures = [terraform_data.compute_and_its_settings]
}

run "a_reservation_that_reserves_nothing" {
  command = plan
  variables {
    reserved_concurrency = 10
  }
  expect_failures = [terraform_data.compute_and_its_settings]
}

run "a_capacity_provider_of_another_region" {
  command = plan
  variables {
    region = "us-east-1"
  }
  expect_failures = [terraform_data.capacity_provider_of_the_region]
}

run "an_arn_of_something_else" {
  command = plan
  variables {
    capacity_provider_arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"
  }
  expect_failures = [var.capacity_provider_arn]
}

run "a_compute_that_does_not_exist" {
  command = plan
  variables {
    compute = "fargate"
  }
  expect_failures = [var.compute]
}
