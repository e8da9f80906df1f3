# Variables that go on to ./settings as they are. Their types, defaults, meanings and limits stand there, in
# variables.tf; null means that default.

variable "environment" {
  description = "Name of the environment: staging, prod."
  type        = string
}

variable "service_name" {
  description = "One service name for both tracing pipelines."
  type        = string
  default     = null
}

variable "architecture" {
  description = "x86_64 or arm64; the package must be built for it."
  type        = string
  default     = null
}

variable "memory_mb" {
  description = "Memory of the function, collector included."
  type        = number
  default     = null
}

variable "timeout_s" {
  description = "Limit of one invocation."
  type        = number
  default     = null
}

variable "stream_max_ms" {
  description = "Limit of one stream; 0: the deadline."
  type        = number
  default     = null
}

variable "sentiments_index" {
  description = "Name of the index on the items."
  type        = string
  default     = null
}

variable "users_table" {
  description = "Table of the configurations; null: none."
  type        = string
  default     = null
}

variable "metrics" {
  description = "cloudwatch, emf or none."
  type        = string
  default     = null
}

variable "metrics_namespace" {
  description = "CloudWatch namespace."
  type        = string
  default     = null
}

variable "telemetry" {
  description = "adot, xray, stdout or off."
  type        = string
  default     = null
}

variable "collector_layer_arn" {
  description = "Version of the ADOT collector layer; null: the newest known."
  type        = string
  default     = null
}

variable "jwt_public_key" {
  description = "Public key(s) of user tokens, PEM."
  type        = string
  default     = null
}

variable "jwt_issuer" {
  description = "Required issuer of user tokens."
  type        = string
  default     = null
}

variable "jwt_audience" {
  description = "Required audience of user tokens."
  type        = string
  default     = null
}

variable "require_token_claims" {
  description = "Whether a public key needs an issuer and an audience beside it."
  type        = bool
  default     = null
}

variable "log_level" {
  description = "RUST_LOG."
  type        = string
  default     = null
}

variable "url_auth" {
  description = "NONE or AWS_IAM."
  type        = string
  default     = null
}

variable "allow_origins" {
  description = "Origins whose pages may read the streams."
  type        = list(string)
  default     = null
}

variable "reserved_concurrency" {
  description = "Streams at the same time, at most; -1: the account's limit."
  type        = number
  default     = null
}

variable "extra_environment" {
  description = "Further variables that the function reads."
  type        = map(string)
  default     = null
}

variable "vpc_config" {
  description = "Refused."
  type        = any
  default     = null
}
