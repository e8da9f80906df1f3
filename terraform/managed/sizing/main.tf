# From the readers that are wanted to environments and instances. Needs no provider, so its tests run offline; a test of the
# workspace reckons the same with the program's own rule for places.
#
# It is reckoned in places, not in CPU. Managed Instances scale on CPU and on full environments; streams wait nearly all the
# time, so CPU tells nothing, and an environment is full before another one is started.

terraform {
  required_version = ">= 1.8"
}

variable "streams" {
  description = "Streams at the same time that find a place at once: the environments for them are always there."
  type        = number

  validation {
    condition     = var.streams >= 1
    error_message = "streams is at least 1."
  }
}

variable "streams_max" {
  description = "Streams at the same time, at most."
  type        = number
}

variable "memory_mb" {
  description = "Memory of an environment in MB."
  type        = number
}

variable "gib_per_vcpu" {
  description = "GiB of memory per vCPU of an environment."
  type        = number
}

variable "concurrency_per_environment" {
  description = "Invocations that an environment is given at once; null: 64 a vCPU."
  type        = number
  default     = null
}

variable "instance_type" {
  description = "Type of the instances, such as c8g.xlarge: family C (2 GiB a vCPU), M (4) or R (8), and at least large."
  type        = string

  validation {
    condition     = can(regex("^[cmr][0-9][a-z]*\\.([0-9]*x)?large$", var.instance_type))
    error_message = "instance_type is one of family C, M or R, large or larger: c8g.xlarge."
  }
}

locals {
  size           = split(".", var.instance_type)[1]
  instance_vcpus = local.size == "large" ? 2 : local.size == "xlarge" ? 4 : 4 * tonumber(trimsuffix(local.size, "xlarge"))
  instance_gib   = local.instance_vcpus * { c = 2, m = 4, r = 8 }[substr(var.instance_type, 0, 1)]

  vcpus       = var.memory_mb / (1024 * var.gib_per_vcpu)
  concurrency = coalesce(var.concurrency_per_environment, floor(64 * local.vcpus))

  # The function keeps some of what it is given for those who find no place: they are told `busy` instead of 429.
  places = local.concurrency - max(1, floor(local.concurrency / 16))

  # The platform keeps 1 vCPU and 1 GiB of each instance.
  environments_per_instance = floor(min((local.instance_vcpus - 1) / local.vcpus, (local.instance_gib - 1) / (var.memory_mb / 1024)))

  # Three, one an availability zone, is what the platform starts a version with.
  environments_min = max(3, ceil(var.streams / local.places))
  environments_max = max(local.environments_min, ceil(var.streams_max / local.places))
  instances_min    = max(3, ceil(local.environments_min / max(1, local.environments_per_instance)))
  instances_max    = max(3, ceil(local.environments_max / max(1, local.environments_per_instance)))

  # At a deployment the new version's environments start beside those of the old one, and all of them count.
  max_vcpu_count = local.instance_vcpus * (local.instances_max + local.instances_min)
}

resource "terraform_data" "streams_in_order" {
  lifecycle {
    precondition {
      condition     = var.streams <= var.streams_max
      error_message = "streams (${var.streams}) is more than streams_max (${var.streams_max})."
    }
  }
}

resource "terraform_data" "an_environment_fits_an_instance" {
  lifecycle {
    precondition {
      condition     = local.environments_per_instance >= 1
      error_message = "An environment of ${var.memory_mb} MB and ${local.vcpus} vCPU does not fit ${var.instance_type} (${local.instance_vcpus} vCPU, ${local.instance_gib} GiB), of which the platform keeps 1 vCPU and 1 GiB. Take a larger instance_type."
    }
  }
}

output "places" {
  description = "Streams that an environment serves at once."
  value       = local.places
}

output "min_environments" {
  description = "Environments that are always there."
  value       = local.environments_min
}

output "max_environments" {
  description = "Environments at most."
  value       = local.environments_max
}

output "instances" {
  description = "Instances that these environments fill, at least and at most: with the price of one, what an hour costs."
  value       = { min = local.instances_min, max = local.instances_max }
}

output "max_vcpu_count" {
  description = "Limit of the capacity provider: all of it, and a deployment beside it."
  value       = local.max_vcpu_count
}
