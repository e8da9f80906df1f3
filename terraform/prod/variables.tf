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
  description = "adot, xray, stdout or off."
  type        = string
  default     = "adot"
}

variable "transaction_search" {
  description = "ACCOUNT-WIDE, for every application in this region: enables CloudWatch Transaction Search, which telemetry = \"xray\" needs. Only where nobody has enabled it; destroy does not switch it back."
  type        = bool
  default     = false
}

variable "jwt_public_key" {
  description = "Public key of user tokens, PEM; null: configuration streams answer 401."
  type        = string
  default     = null
}

variable "jwt_issuer" {
  description = "Required issuer of user tokens; with a public key not to be left out."
  type        = string
  default     = null
}

variable "jwt_audience" {
  description = "Required audience of user tokens; with a public key not to be left out."
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
  description = "Streams at the same time, at most. It bounds what an hour can cost: COST.md."
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

variable "dashboard" {
  description = "Whether to make the dashboard."
  type        = bool
  default     = true
}

variable "budget" {
  description = "Monthly budget in USD, and the addresses or SNS topics that are told; null: none. `tag` (such as \"Environment$prod\") counts tagged costs only."
  type = object({
    monthly_usd = number
    emails      = optional(list(string), [])
    topics      = optional(list(string), [])
    tag         = optional(string)
  })
  default = null
}

variable "configurations_concurrency" {
  description = "Places of a function of its own for configuration streams; null: one function for both kinds."
  type        = number
  default     = null
}

variable "rest_api" {
  description = "API Gateway in front (`{}` for its defaults); null: none."
  type = object({
    stage    = optional(string)
    endpoint = optional(string)
    rate     = optional(number)
    burst    = optional(number)
  })
  default = null
}

variable "package_s3" {
  description = "The package as an object in S3; null: the file that terraform/package made."
  type = object({
    bucket  = string
    key     = string
    version = optional(string)
  })
  default = null
}

variable "code_signing_config_arn" {
  description = "Code signing configuration of Lambda; null: packages need no signature."
  type        = string
  default     = null
}

variable "configurations_live_version" {
  description = "Version that the function of configuration streams serves; null: the one published by this apply."
  type        = string
  default     = null
}

variable "shift" {
  description = "A second version and the part of the requests that it gets: { version = \"13\", weight = 0.1 }."
  type = object({
    version = string
    weight  = number
  })
  default = null
}

variable "deletion_protection" {
  description = "Whether the tables are protected from deletion; false is the first step of taking everything down."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "KMS key for log group, environment and tables; null: AWS's own keys."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the function's role; null: none."
  type        = string
  default     = null
}

variable "canary" {
  description = "Schedule of `verify --canary`, as in the module: {} for every quarter of an hour; null: no canary."
  type = object({
    schedule       = optional(string)
    patience       = optional(string)
    silent_after_s = optional(number)
  })
  default = null
}
