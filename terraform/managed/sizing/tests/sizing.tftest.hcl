# From readers to environments and instances; what is no size.

variables {
  streams       = 100
  streams_max   = 1000
  memory_mb     = 2048
  gib_per_vcpu  = 2
  instance_type = "c8g.xlarge"
}

run "a_thousand_readers" {
  assert {
    condition     = output.places == 60 && output.min_environments == 3 && output.max_environments == 17
    error_message = "An environment of 1 vCPU has 64 invocations, of which 4 are kept."
  }

  assert {
    condition     = output.instances.min == 3 && output.instances.max == 6 && output.max_vcpu_count == 36
    error_message = "Three environments an instance of 4 vCPU, of which one is the platform's; a deployment beside them."
  }
}

run "ten_thousand_at_once" {
  variables {
    streams       = 10000
    streams_max   = 10000
    instance_type = "c8g.4xlarge"
  }

  assert {
    condition     = output.min_environments == 167 && output.instances.min == 12 && output.max_vcpu_count == 384
    error_message = "15 environments an instance: ${jsonencode(output.instances)}"
  }
}

run "memory_may_be_what_is_scarce" {
  variables {
    memory_mb     = 8192
    gib_per_vcpu  = 4
    instance_type = "c8g.4xlarge"
  }

  assert {
    condition     = output.places == 120 && output.instances.max == 3
    error_message = "2 vCPU and 8 GiB: three of them in 31 GiB. ${jsonencode(output.instances)}"
  }
}

run "one_reader" {
  variables {
    streams       = 1
    streams_max   = 1
    instance_type = "c8g.large"
  }

  assert {
    condition     = output.min_environments == 3 && output.max_environments == 3 && output.instances.min == 3
    error_message = "Less than three, one an availability zone, there is not."
  }
}

run "few_places_by_choice" {
  variables {
    concurrency_per_environment = 8
  }

  assert {
    condition     = output.places == 7 && output.min_environments == 15
    error_message = "At least one is kept."
  }
}

run "an_environment_that_fits_nowhere" {
  command = plan
  variables {
    memory_mb = 8192
  }
  expect_failures = [terraform_data.an_environment_fits_an_instance]
}

run "more_at_once_than_at_most" {
  command = plan
  variables {
    streams = 1001
  }
  expect_failures = [terraform_data.streams_in_order]
}

run "no_stream_at_all" {
  command = plan
  variables {
    streams = 0
  }
  expect_failures = [var.streams]
}

run "a_type_of_another_family" {
  command = plan
  variables {
    instance_type = "t4g.medium"
  }
  expect_failures = [var.instance_type]
}
