variable "region" {
  description = "Region to deploy to: one that has Managed Instances."
  type        = string
}

variable "environment" {
  description = "Name of the environment."
  type        = string
  default     = "managed"
}

# --- the network ----------------------------------------------------------------------------------------------------------

variable "subnet_ids" {
  description = "Subnets of the instances, 1 to 16, best one in each of three availability zones. From them must be reachable what the output must_reach names: through VPC endpoints (DynamoDB's costs nothing), a NAT gateway, or public subnets with an internet gateway. Without a way out there are no logs, and the instances do not get ready. Requests do not come in through the VPC."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 1 && length(var.subnet_ids) <= 16
    error_message = "subnet_ids are 1 to 16 subnets."
  }
}

variable "security_group_ids" {
  description = "Security groups of the instances, at most 5: HTTPS (443) outwards, nothing inwards."
  type        = list(string)

  validation {
    condition     = length(var.security_group_ids) <= 5
    error_message = "security_group_ids are at most 5."
  }
}

# --- how much -------------------------------------------------------------------------------------------------------------

variable "streams" {
  description = "Streams at the same time that find a place at once. Environments for them are always there and paid for. Scaling goes by CPU, which streams hardly use, and by full environments, which takes a minute or two: until then readers get 429."
  type        = number
}

variable "streams_max" {
  description = "Streams at the same time, at most: it bounds instances, and so what an hour costs."
  type        = number
}

variable "instance_type" {
  description = "Type of all instances; its processor decides the package: c8g.xlarge is arm64, c7i.xlarge x86_64."
  type        = string
  default     = "c8g.xlarge"
}

variable "memory_mb" {
  description = "Memory of an environment, all its streams together: 2048 to 32768, a multiple of gib_per_vcpu."
  type        = number
  default     = 2048
}

variable "gib_per_vcpu" {
  description = "GiB per vCPU of an environment: 2, 4 or 8."
  type        = number
  default     = 2
}

variable "concurrency_per_environment" {
  description = "Invocations that an environment is given at once; null: 64 a vCPU, the most."
  type        = number
  default     = null
}

# --- which version --------------------------------------------------------------------------------------------------------

variable "package" {
  description = "Zip of the function; null: what terraform/package makes for the processor of instance_type."
  type        = string
  default     = null
}

variable "live_version" {
  description = "Version to serve; null: the one published by this apply."
  type        = string
  default     = null
}

variable "retired_versions" {
  description = "Versions to switch off: each keeps three environments, and their price, until it is named here. To go back to one, take it from here first."
  type        = set(string)
  default     = []
}

# --- the service, as in the other roots -------------------------------------------------------------------------------------

variable "stream_max_ms" {
  description = "Limit of one stream."
  type        = number
  default     = 300000
}

variable "telemetry" {
  description = "Where streaming spans go: stdout (lines of the log), xray (X-Ray itself, without a layer, where the account has Transaction Search), off. Whether the collector layer (adot) runs on Managed Instances its publisher does not say."
  type        = string
  default     = "stdout"
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
  description = "Origins whose pages may read the streams: named."
  type        = list(string)
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

variable "canary" {
  description = "Schedule of `verify --canary`, as in the module: {} for every quarter of an hour; null: no canary."
  type = object({
    schedule       = optional(string)
    patience       = optional(string)
    silent_after_s = optional(number)
  })
  default = null
}
