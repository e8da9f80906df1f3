# Managed Instances: how many environments a version keeps, and which versions are switched off.

variable "compute" {
  description = "on_demand or managed_instances."
  type        = string
  default     = null
}

variable "capacity_provider_arn" {
  description = "Capacity provider of managed_instances."
  type        = string
  default     = null
}

variable "gib_per_vcpu" {
  description = "GiB of memory per vCPU on Managed Instances."
  type        = number
  default     = null
}

variable "concurrency_per_environment" {
  description = "Invocations that an environment is given at once on Managed Instances."
  type        = number
  default     = null
}

variable "min_environments" {
  description = "Environments that the served version always has on Managed Instances. New ones take a minute or two, and readers get 429 meanwhile: enough for the readers of an ordinary day."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.min_environments >= 1 && var.min_environments <= 15000
    error_message = "min_environments is 1 to 15000. (0 would switch the version off, and it does not come back by itself.)"
  }
}

variable "max_environments" {
  description = "Environments that it has at most on Managed Instances: times the places of one, the readers at the same time."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.max_environments >= 1 && var.max_environments <= 15000
    error_message = "max_environments is 1 to 15000."
  }
}

variable "retired_versions" {
  description = "Published versions to switch off on Managed Instances: each keeps, and costs, its environments until then. Not while streams still run on it."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for version in var.retired_versions : can(regex("^[1-9][0-9]*$", version))])
    error_message = "retired_versions are numbers of published versions."
  }
}

locals {
  on_managed_instances = module.settings.compute == "managed_instances"
}

# The version that is about to be served gets its environments before the alias moves to it, and the one before keeps them
# until then. (Its own setting is the platform's default afterwards: three environments, until it is retired.)
resource "aws_lambda_function_scaling_config" "live" {
  count = local.on_managed_instances ? 1 : 0

  function_name = aws_lambda_function.this.function_name
  qualifier     = local.live_version

  function_scaling_config {
    min_execution_environments = var.min_environments
    max_execution_environments = var.max_environments
  }

  # Instances may have to start first.
  timeouts {
    create = "30m"
    update = "30m"
  }

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = var.min_environments <= var.max_environments
      error_message = "min_environments (${var.min_environments}) is more than max_environments (${var.max_environments})."
    }

    precondition {
      condition     = length(setintersection(var.retired_versions, compact([local.live_version, try(var.shift.version, null)]))) == 0
      error_message = "retired_versions holds a version that is to be served: ${join(", ", setintersection(var.retired_versions, compact([local.live_version, try(var.shift.version, null)])))}."
    }
  }
}

resource "aws_lambda_function_scaling_config" "retired" {
  for_each = local.on_managed_instances ? var.retired_versions : toset([])

  function_name = aws_lambda_function.this.function_name
  qualifier     = each.value

  function_scaling_config {
    min_execution_environments = 0
    max_execution_environments = 0
  }
}
