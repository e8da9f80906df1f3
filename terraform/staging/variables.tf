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
