variable "region" {
  description = "Region to deploy to."
  type        = string
}

variable "architecture" {
  description = "x86_64 or arm64: the argument that terraform/package was given."
  type        = string
  default     = "x86_64"
}

variable "live_version" {
  description = "Version to serve; null: the one published by this apply."
  type        = string
  default     = null
}

variable "telemetry" {
  description = "adot, stdout or off."
  type        = string
  default     = "adot"
}

variable "jwt_public_key" {
  description = "Public key of user tokens, PEM; null: configuration streams answer 401."
  type        = string
  default     = null
}

variable "jwt_issuer" {
  description = "Required issuer of user tokens; null: unchecked."
  type        = string
  default     = null
}

variable "jwt_audience" {
  description = "Required audience of user tokens; null: unchecked."
  type        = string
  default     = null
}

variable "url_auth" {
  description = "NONE or AWS_IAM."
  type        = string
  default     = "NONE"
}

variable "allow_origins" {
  description = "Origins whose pages may read the streams: named, in prod."
  type        = list(string)
}

variable "reserved_concurrency" {
  description = "Streams at the same time, at most: times the price of a stream-hour, the most that an hour can cost."
  type        = number
}

variable "sampling_rule" {
  description = "X-Ray sampling rule; null: X-Ray's default."
  type = object({
    fixed_rate     = number
    reservoir_size = number
    priority       = optional(number, 1000)
  })
  default = null
}

variable "alarms" {
  description = "Whether to make the alarms."
  type        = bool
  default     = true
}

variable "alarm_topics" {
  description = "ARNs of the SNS topics that the alarms tell."
  type        = list(string)
  default     = []
}
