variable "region" {
  description = "Region of the function."
  type        = string
}

variable "function_name" {
  description = "Name of the function: <service>-<environment>."
  type        = string
}

variable "alias" {
  description = "Alias that the URL serves."
  type        = string
  default     = "live"
}

variable "url" {
  description = "The function URL: output `url` of staging or prod."
  type        = string

  validation {
    condition     = can(regex("^https://[^/]+\\.lambda-url\\.[a-z0-9-]+\\.on\\.aws/?$", var.url))
    error_message = "url is a function URL, such as https://abc.lambda-url.eu-central-1.on.aws."
  }
}

variable "configurations" {
  description = "The function that configuration streams have of their own: outputs `configurations_url` and `configurations_function_name` of prod; null: there is one function."
  type = object({
    url           = string
    function_name = string
  })
  default = null

  validation {
    condition     = can(regex("^https://[^/]+\\.lambda-url\\.[a-z0-9-]+\\.on\\.aws/?$", try(var.configurations.url, "https://a.lambda-url.a.on.aws")))
    error_message = "configurations.url is a function URL, such as https://abc.lambda-url.eu-central-1.on.aws."
  }
}

variable "heartbeat_interval_ms" {
  description = "Longest silence of a stream: output of the same name. read_timeout_s has to be 5 s above it."
  type        = number
  default     = 15000
}

variable "aliases" {
  description = "Names that the distribution answers to; they need a certificate."
  type        = list(string)
  default     = []
}

variable "certificate_arn" {
  description = "Certificate for these names, in us-east-1; null: CloudFront's own name and certificate."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || startswith(coalesce(var.certificate_arn, "-"), "arn:aws:acm:us-east-1:")
    error_message = "CloudFront takes certificates of us-east-1 only."
  }
}

variable "read_timeout_s" {
  description = "Silence after which CloudFront cuts a stream; at least 5 s above heartbeat_interval_ms."
  type        = number
  default     = 60

  validation {
    condition     = var.read_timeout_s >= 1 && var.read_timeout_s <= 120
    error_message = "read_timeout_s is 1 to 120, CloudFront's limits."
  }
}

variable "rate_limit" {
  description = "Requests that one address may make in a minute. A stream comes back once a minute; offices share an address."
  type        = number
  default     = 100

  validation {
    condition     = var.rate_limit >= 10
    error_message = "rate_limit is at least 10, WAF's own limit."
  }
}

variable "alarms" {
  description = "Whether to make the alarms of the door."
  type        = bool
  default     = true
}

variable "blocked_alarm" {
  description = "Requests over the limit per address in five minutes, three times in a row, beyond which the alarm rings."
  type        = number
  default     = 100
}

variable "alarm_topics" {
  description = "ARNs of the SNS topics that the alarms tell: in us-east-1, where CloudFront's metrics are."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for topic in var.alarm_topics : can(regex("^arn:aws[a-z-]*:sns:us-east-1:", topic))])
    error_message = "alarm_topics are in us-east-1: an alarm tells topics of its own region only, and CloudFront's metrics are there."
  }
}
