# Variables that concern AWS resources only. Those of the function's behaviour are in passed_on.tf.

variable "package" {
  description = "Zip made by terraform/package for the same architecture."
  type        = string

  validation {
    condition     = fileexists(var.package)
    error_message = "There is no package at that path. Make it first: terraform/package [x86_64|arm64]."
  }
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

variable "create_tables" {
  description = "Whether the module makes the tables. false: they exist under their names, in this account and region."
  type        = bool
  default     = true
}

variable "sentiments_table" {
  description = "Table of the items; null: sse-streaming-<environment>-sentiments."
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

variable "sampling_rule" {
  description = "X-Ray sampling rule for the function; null: X-Ray's default (one a second, and 5 % of the rest)."
  type = object({
    fixed_rate     = number
    reservoir_size = number
    priority       = optional(number, 1000)
  })
  default = null
}

variable "alarms" {
  description = "Whether to make the alarms, and the metric that one of them needs. They cost, so not unless asked for."
  type        = bool
  default     = false
}

variable "url_4xx_alarm" {
  description = "Requests answered 4xx in five minutes, three times in a row, beyond which the alarm rings. A public URL always gets some."
  type        = number
  default     = 50
}

variable "alarm_topics" {
  description = "ARNs of the SNS topics that the alarms tell."
  type        = list(string)
  default     = []
}
