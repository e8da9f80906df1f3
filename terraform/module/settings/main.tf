# Everything about the function that can be decided without AWS: its environment, its collector layer, and what is
# refused. No provider is needed here, so `terraform test` shows each refusal offline.

terraform {
  # Not higher than needed: 1.8 is the newest release that `go install` builds, and a machine without another way has it.
  required_version = ">= 1.8"
}
