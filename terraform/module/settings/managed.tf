# On which compute the function runs: Lambda's own, or Lambda Managed Instances, where one environment serves many streams on
# EC2 instances of this account. What follows from the choice, and what does not go together.

variable "compute" {
  description = "on_demand (a stream holds an environment to itself), or managed_instances (many streams share one, on instances of this account)."
  type        = string
  default     = "on_demand"
  nullable    = false

  validation {
    condition     = contains(["on_demand", "managed_instances"], var.compute)
    error_message = "compute is on_demand or managed_instances."
  }
}

variable "capacity_provider_arn" {
  description = "Capacity provider whose instances the function runs on; with managed_instances only."
  type        = string
  default     = null

  validation {
    condition     = var.capacity_provider_arn == null || can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:capacity-provider:[a-zA-Z0-9_-]+$", var.capacity_provider_arn))
    error_message = "capacity_provider_arn is not the ARN of a capacity provider (arn:aws:lambda:<region>:<account>:capacity-provider:<name>)."
  }
}

variable "gib_per_vcpu" {
  description = "GiB of memory per vCPU of an environment on Managed Instances. Streams need few of either; 2 is the cheapest instance family."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = contains([2, 4, 8], var.gib_per_vcpu)
    error_message = "gib_per_vcpu is 2, 4 or 8: Managed Instances know no other ratio."
  }
}

variable "concurrency_per_environment" {
  description = "Invocations that an environment on Managed Instances is given at once; null: 64 a vCPU, the most there is. Streams wait more than they work."
  type        = number
  default     = null
}

locals {
  managed = var.compute == "managed_instances"

  vcpus                     = var.memory_mb / (1024 * var.gib_per_vcpu)
  concurrency_per_vcpu_most = 64
  concurrency_most          = floor(local.concurrency_per_vcpu_most * local.vcpus)
  concurrency               = coalesce(var.concurrency_per_environment, local.concurrency_most)

  # JSON lines pass a filter by their level there. The ledger and the metrics are INFO: a higher filter would drop them.
  application_log_level = can(regex("trace", lower(var.log_level))) ? "TRACE" : can(regex("debug", lower(var.log_level))) ? "DEBUG" : "INFO"
}

resource "terraform_data" "memory_of_the_compute" {
  lifecycle {
    precondition {
      condition     = local.managed || var.memory_mb <= 10240
      error_message = "memory_mb (${var.memory_mb}) is more than a function on demand may have (10240)."
    }

    precondition {
      condition     = !local.managed || (var.memory_mb >= 2048 && var.memory_mb <= 32768)
      error_message = "memory_mb (${var.memory_mb}) is outside what Managed Instances take: 2048 to 32768."
    }

    precondition {
      condition     = !local.managed || var.memory_mb % (1024 * var.gib_per_vcpu) == 0
      error_message = "memory_mb (${var.memory_mb}) is no multiple of gib_per_vcpu (${var.gib_per_vcpu} GiB): an environment on Managed Instances has whole vCPUs."
    }
  }
}

resource "terraform_data" "concurrency_of_an_environment" {
  lifecycle {
    precondition {
      condition     = !local.managed || (local.concurrency >= 2 && local.concurrency <= local.concurrency_most && floor(local.concurrency) == local.concurrency)
      error_message = "concurrency_per_environment (${local.concurrency}) is 2 to ${local.concurrency_most}: Managed Instances give at most ${local.concurrency_per_vcpu_most} invocations a vCPU, and this environment has ${local.vcpus}. One is kept for those who find no place."
    }
  }
}

resource "terraform_data" "compute_and_its_settings" {
  lifecycle {
    precondition {
      condition     = !local.managed || var.capacity_provider_arn != null
      error_message = "compute = \"managed_instances\" needs capacity_provider_arn. The root terraform/managed makes a capacity provider."
    }

    precondition {
      condition     = local.managed || (var.capacity_provider_arn == null && var.concurrency_per_environment == null && var.gib_per_vcpu == 2)
      error_message = "capacity_provider_arn, gib_per_vcpu and concurrency_per_environment mean nothing on demand, where an environment has one invocation at a time: leave them out, or set compute = \"managed_instances\"."
    }

    precondition {
      condition     = !local.managed || var.reserved_concurrency == -1
      error_message = "reserved_concurrency (${var.reserved_concurrency}) reserves nothing on Managed Instances, where max_environments is the bound: set it to -1."
    }
  }
}

resource "terraform_data" "capacity_provider_of_the_region" {
  lifecycle {
    precondition {
      condition     = try(split(":", var.capacity_provider_arn)[3], var.region) == var.region
      error_message = "capacity_provider_arn is in another region than the function (${var.region})."
    }
  }
}

output "compute" {
  description = "On which compute the function runs."
  value       = var.compute
}

output "capacity_provider" {
  description = "How the function runs on Managed Instances; null on demand."
  value = local.managed ? {
    arn                         = var.capacity_provider_arn
    name                        = try(split(":", var.capacity_provider_arn)[6], null)
    gib_per_vcpu                = var.gib_per_vcpu
    concurrency_per_environment = local.concurrency
  } : null
}

output "logging" {
  description = "Form of the log. On Managed Instances it is JSON, and cannot be another."
  value = {
    format            = local.managed ? "JSON" : "Text"
    application_level = local.managed ? local.application_log_level : null
    system_level      = local.managed ? "INFO" : null
  }
}
