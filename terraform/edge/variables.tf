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
  description = "Silence after which CloudFront cuts a stream; longer than a heartbeat interval, which is 15 s."
  type        = number
  default     = 60

  validation {
    condition     = var.read_timeout_s >= 20 && var.read_timeout_s <= 120
    error_message = "read_timeout_s is 20 to 120: a heartbeat has to pass, and 120 is CloudFront's limit."
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
