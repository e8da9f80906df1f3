# What a deployment decides. `nullable = false`: whoever passes null gets the default, which therefore stands here once.

variable "environment" {
  description = "Name of the environment (staging, prod): the metrics' dimension and part of every resource's name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,10}$", var.environment))
    error_message = "environment is a short name: a letter, then small letters, digits and dashes, at most 11."
  }
}

variable "service_name" {
  description = "Name of the service in both tracing pipelines (OTEL_SERVICE_NAME and POWERTOOLS_SERVICE_NAME)."
  type        = string
  default     = "sse-streaming"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9_-]{0,19}$", var.service_name))
    error_message = "service_name is a letter, then letters, digits, dashes and underscores, at most 20: with the environment it names an X-Ray group (32) and a role (64)."
  }
}

variable "region" {
  description = "Region of the function: it decides the collector layer."
  type        = string
  nullable    = false
}

variable "architecture" {
  description = "x86_64 (what was built and run by its authors) or arm64 (a fifth cheaper)."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture is x86_64 or arm64."
  }
}

variable "memory_mb" {
  description = "Memory of the function in MB, collector included. CPU grows with it: a whole core at 1769."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.memory_mb >= 512 && var.memory_mb <= 32768
    error_message = "memory_mb is at least 512 (function and collector together were measured against it), and at most 10240 on demand, 32768 on Managed Instances."
  }
}

variable "timeout_s" {
  description = "Limit of one invocation in seconds. A client that leaves is billed until its stream ends, at most this long."
  type        = number
  default     = 330
  nullable    = false

  validation {
    condition     = var.timeout_s >= 30 && var.timeout_s <= 900
    error_message = "timeout_s is 30 to 900 (Lambda's limit)."
  }
}

variable "stream_max_ms" {
  description = "A stream ends with `done` after this many milliseconds and its client resumes; 0: the deadline ends it."
  type        = number
  default     = 60000
  nullable    = false

  validation {
    condition     = var.stream_max_ms == 0 || (var.stream_max_ms >= 20 && var.stream_max_ms <= 900000)
    error_message = "stream_max_ms is 0, or 20 to 900000."
  }
}

variable "sentiments_table" {
  description = "DynamoDB table of the items."
  type        = string
  nullable    = false
}

variable "sentiments_index" {
  description = "Its index: partition `sentiment`, sort `updated_at`."
  type        = string
  default     = "by_sentiment"
  nullable    = false
}

variable "users_table" {
  description = "DynamoDB table of the configurations; null: configuration streams answer 404."
  type        = string
  default     = null
}

variable "metrics" {
  description = "Where metrics go: cloudwatch (PutMetricData), emf (log lines that CloudWatch reads), none."
  type        = string
  default     = "cloudwatch"
  nullable    = false

  validation {
    condition     = contains(["cloudwatch", "emf", "none"], var.metrics)
    error_message = "metrics is cloudwatch, emf or none."
  }
}

variable "metrics_namespace" {
  description = "CloudWatch namespace: PutMetricData is allowed in this one only."
  type        = string
  default     = "SseStreaming"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._/# -][A-Za-z0-9._/#: -]{0,254}$", var.metrics_namespace)) && !startswith(var.metrics_namespace, "AWS/")
    error_message = "metrics_namespace is 1 to 255 of letters, digits, . - _ / # : and spaces, and does not begin with : or AWS/."
  }
}

variable "telemetry" {
  description = "Where streaming spans go: adot (the collector layer), xray (X-Ray's own OTLP endpoint, without a layer; the account needs Transaction Search), stdout (OTLP/JSON lines in the log), off."
  type        = string
  default     = "adot"
  nullable    = false

  validation {
    condition     = contains(["adot", "xray", "stdout", "off"], var.telemetry)
    error_message = "telemetry is adot, xray, stdout or off. (memory keeps spans in the process: on Lambda nobody would ever read them.)"
  }
}

variable "collector_layer_arn" {
  description = "ARN of the ADOT collector layer; null: the newest one known, for this region and architecture."
  type        = string
  default     = null

  validation {
    condition     = var.collector_layer_arn == null || can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:aws-otel-collector-(amd64|arm64)-ver-[0-9]+-[0-9]+-[0-9]+:[0-9]+$", var.collector_layer_arn))
    error_message = "collector_layer_arn is not a version of the plain collector layer (…:layer:aws-otel-collector-<amd64|arm64>-ver-<x-y-z>:<n>). The language layers (aws-otel-python-…, …-java-agent-…) bring instrumentation that this function must not have."
  }
}

variable "jwt_public_key" {
  description = "PEM of the key(s) that sign user tokens (RS256, ES256 or EdDSA by type); null: configuration streams answer 401. It is public and stands in plain sight."
  type        = string
  default     = null

  validation {
    condition     = var.jwt_public_key == null || can(regex("-----BEGIN (RSA )?PUBLIC KEY-----", var.jwt_public_key))
    error_message = "jwt_public_key is a PEM with at least one PUBLIC KEY block."
  }

  validation {
    # A null is no string to search in, and && does not stop at the first false before Terraform 1.12.
    condition     = !can(regex("PRIVATE KEY", coalesce(var.jwt_public_key, "-")))
    error_message = "jwt_public_key holds a PRIVATE key. It stays with whoever issues the tokens; the function gets the public half. Treat this one as leaked if it was ever in a plan or state."
  }
}

variable "jwt_issuer" {
  description = "Required `iss` of the tokens; null: unchecked."
  type        = string
  default     = null
}

variable "jwt_audience" {
  description = "Required `aud` of the tokens; null: unchecked."
  type        = string
  default     = null
}

variable "require_token_claims" {
  description = "Whether jwt_public_key is refused without jwt_issuer and jwt_audience. prod sets it."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_level" {
  description = "RUST_LOG of the function. Ledger lines, given-up spans and EMF are not subject to it."
  type        = string
  default     = "info"
  nullable    = false
}

variable "extra_environment" {
  description = "Further variables of the function, out of those that it reads (see `defaulted` in environment.tf)."
  type        = map(string)
  default     = {}
  nullable    = false
}

# tflint-ignore: terraform_unused_declarations # Declared to be refused, so nothing can use it.
variable "vpc_config" {
  description = "Refused: it exists so that asking for a VPC is answered here."
  type        = any
  default     = null

  validation {
    condition     = var.vpc_config == null
    error_message = "A VPC is refused: Lambda buffers the response of a function URL whose function is in a VPC, so a client would see nothing until its stream ends. DynamoDB, CloudWatch and X-Ray are reached without one. On Managed Instances the network is the capacity provider's."
  }
}

variable "url_auth" {
  description = "Who may call the URL: NONE (anybody; configuration streams check a JWT) or AWS_IAM (SigV4; the JWT then travels in ?user_token=)."
  type        = string
  default     = "NONE"
  nullable    = false

  validation {
    condition     = contains(["NONE", "AWS_IAM"], var.url_auth)
    error_message = "url_auth is NONE or AWS_IAM."
  }
}

variable "allow_origins" {
  description = "Origins whose pages may read the streams (CORS)."
  type        = list(string)
  default     = ["*"]
  nullable    = false

  validation {
    condition     = length(var.allow_origins) > 0 && alltrue([for origin in var.allow_origins : origin == "*" || can(regex("^https?://[^/]+$", origin))])
    error_message = "allow_origins is \"*\", or origins such as https://app.example.com, without a path."
  }
}

variable "reserved_concurrency" {
  description = "Streams at the same time, at most. It bounds what a public URL can cost in an hour. -1: the account's limit."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.reserved_concurrency == -1 || var.reserved_concurrency >= 1
    error_message = "reserved_concurrency is at least 1, or -1 for the account's limit. (0 would throttle every request.)"
  }
}
