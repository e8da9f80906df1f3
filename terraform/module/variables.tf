# Variables that concern AWS resources only. Those of the function's behaviour are in passed_on.tf, those of what watches it in variables_watch.tf.

variable "package" {
  description = "Zip made by terraform/package for the same architecture; null: package_s3 says where it is."
  type        = string
  default     = null

  validation {
    condition     = var.package == null ? true : fileexists(var.package)
    error_message = "There is no package at that path. Make it first: terraform/package [x86_64|arm64]."
  }
}

variable "package_s3" {
  description = "The same zip as an object in a bucket of the function's region. Name its version: without one Terraform does not see that the object changed."
  type = object({
    bucket  = string
    key     = string
    version = optional(string)
  })
  default = null
}

variable "code_signing_config_arn" {
  description = "Code signing configuration of Lambda; null: packages need no signature. With one, package_s3 names an object that AWS Signer has signed."
  type        = string
  default     = null
}

variable "live_version" {
  description = "Published version that the URL serves; null: the one this apply publishes. A number rolls back."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^[1-9][0-9]*$", coalesce(var.live_version, "1")))
    error_message = "live_version is the number of a published version. (Not $LATEST: it changes under running streams.)"
  }
}

variable "configurations_live_version" {
  description = "The same for the function of configuration streams, which counts its own versions."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^[1-9][0-9]*$", coalesce(var.configurations_live_version, "1")))
    error_message = "configurations_live_version is the number of a published version."
  }
}

variable "shift" {
  description = "A second version that gets part of the requests, for a release in steps: its number, and a weight between 0 and 1."
  type = object({
    version = string
    weight  = number
  })
  default = null

  validation {
    condition     = var.shift == null || try(can(regex("^[1-9][0-9]*$", var.shift.version)) && var.shift.weight > 0 && var.shift.weight < 1, false)
    error_message = "shift is the number of a published version and a weight between 0 and 1, both exclusive."
  }
}

variable "configurations_concurrency" {
  description = "Places of a function of its own for configuration streams, so that anonymous readers cannot take those of users; null: one function for both."
  type        = number
  default     = null

  validation {
    condition     = var.configurations_concurrency == null || coalesce(var.configurations_concurrency, 1) >= 1
    error_message = "configurations_concurrency is at least 1, or null for one function for both kinds of stream."
  }
}

variable "rest_api" {
  description = "API Gateway in front: stage, endpoint (REGIONAL or EDGE), and how many requests a second, and at once, the stage lets through; null: none."
  type = object({
    stage    = optional(string, "live")
    endpoint = optional(string, "REGIONAL")
    rate     = optional(number, 20)
    burst    = optional(number, 40)
  })
  default = null

  validation {
    condition     = contains(["REGIONAL", "EDGE"], try(var.rest_api.endpoint, "REGIONAL"))
    error_message = "rest_api.endpoint is REGIONAL or EDGE."
  }

  validation {
    condition     = try(var.rest_api.rate, 1) > 0 && try(var.rest_api.burst, 1) > 0
    error_message = "rest_api.rate and rest_api.burst are more than 0: with 0 the stage answers every request 429."
  }
}

variable "create_tables" {
  description = "Whether the module makes the tables. false: they exist under their names, in this account and region."
  type        = bool
  default     = true
}

variable "sentiments_table" {
  description = "Table of the items; null: sse-streaming-<environment>-sentiments. With create_tables = false an ARN will do, of another account too."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "KMS key for the log group, the function's environment and the tables that the module makes; null: AWS's own keys. Its policy must let CloudWatch Logs use it."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", coalesce(var.kms_key_arn, "arn:aws:kms:a:123456789012:key/a")))
    error_message = "kms_key_arn is the ARN of a key (arn:aws:kms:<region>:<account>:key/<id>), not an alias: rights are given on keys."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the function's role; null: none."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether the tables are protected from deletion, by Terraform too."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Days that logs are kept. Given-up spans are in them, ready to be sent again: not less than it takes to notice."
  type        = number
  default     = 30
}

variable "trace_group" {
  description = "Whether to make an X-Ray group of this function's traces."
  type        = bool
  default     = false
}

variable "transaction_search" {
  description = "ACCOUNT-WIDE, for every application in this region: enables CloudWatch Transaction Search, which telemetry = \"xray\" needs. Only where nobody has enabled it; destroy does not switch it back."
  type        = bool
  default     = false
  nullable    = false
}

variable "sampling_rule" {
  description = "X-Ray sampling rule for the function; null: X-Ray's default (one a second, and 5 % of the rest)."
  type = object({
    fixed_rate     = number
    reservoir_size = number
    priority       = optional(number, 1000)
  })
  default = null
}

variable "tags" {
  description = "Tags of everything that can carry some."
  type        = map(string)
  default     = {}
}
