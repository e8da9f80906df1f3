# Variables of what watches the service: alarms, dashboard, budget.

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

variable "dashboard" {
  description = "Whether to make the dashboard. The first three of an account are free."
  type        = bool
  default     = false
}

variable "budget" {
  description = "Monthly budget in USD, and who is told: addresses, or SNS topics that let budgets.amazonaws.com publish. `tag` (such as \"Environment$prod\") counts tagged costs only; without it the account's."
  type = object({
    monthly_usd = number
    emails      = optional(list(string), [])
    topics      = optional(list(string), [])
    tag         = optional(string)
  })
  default = null

  validation {
    condition     = var.budget == null || try(var.budget.monthly_usd > 0 && length(var.budget.emails) + length(var.budget.topics) > 0, false)
    error_message = "budget is more than 0 USD a month, and names at least one address or topic: a budget that tells nobody is none."
  }

  validation {
    condition     = var.budget == null || can(regex("^[^$]+\\$[^$]*$", coalesce(try(var.budget.tag, null), "a$b")))
    error_message = "budget.tag is key$value, such as Environment$prod."
  }
}
