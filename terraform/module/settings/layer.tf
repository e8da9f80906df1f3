# The collector layer: which version, for which region and processor.

locals {
  collector = var.telemetry == "adot"

  # The newest one seen published (August 2026). The layer is used for its collector only; nothing wraps the function.
  collector_account = "901920570463"
  collector_version = "0-156-0:1"

  collector_architectures = {
    x86_64 = "amd64"
    arm64  = "arm64"
  }

  # Where its publisher releases it.
  collector_regions = [
    "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
  ]

  layer_arn = coalesce(
    var.collector_layer_arn,
    "arn:aws:lambda:${var.region}:${local.collector_account}:layer:aws-otel-collector-${local.collector_architectures[var.architecture]}-ver-${local.collector_version}",
  )
  layer_region       = split(":", local.layer_arn)[3]
  layer_architecture = split("-", split(":", local.layer_arn)[6])[3]
}
