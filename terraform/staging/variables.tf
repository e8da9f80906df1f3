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
  description = "xray, adot, stdout or off. Staging tries X-Ray's own endpoint; prod keeps the collector until the ledger lines here agree."
  type        = string
  default     = "xray"
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
  description = "NONE or AWS_IAM: what prod will have, if a front door is to be tried here."
  type        = string
  default     = "NONE"
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

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the function's role; null: none."
  type        = string
  default     = null
}
