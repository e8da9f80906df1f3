output "environment" {
  description = "Environment variables of the function."
  value       = tomap(local.environment)
}

output "layers" {
  description = "Layers of the function: the collector, or none."
  value       = local.collector ? tolist([local.layer_arn]) : tolist([])
}

output "tracing_mode" {
  description = "X-Ray mode of the function."
  value       = var.telemetry == "off" ? "PassThrough" : "Active"
}

output "puts_metrics" {
  description = "Whether the function calls PutMetricData, and so needs the right to."
  value       = var.metrics == "cloudwatch"
}

output "has_metrics" {
  description = "Whether the function's own metrics reach CloudWatch."
  value       = var.metrics != "none"
}

# The rest is handed on checked, so that the module has one source for it.

output "name" {
  description = "Name of the function, and the prefix of everything that belongs to it."
  value       = "${var.service_name}-${var.environment}"
}

output "architecture" {
  description = "Processor of the function."
  value       = var.architecture
}

output "memory_mb" {
  description = "Memory of the function in MB."
  value       = var.memory_mb
}

output "timeout_s" {
  description = "Limit of one invocation in seconds."
  value       = var.timeout_s
}

output "metrics_namespace" {
  description = "CloudWatch namespace of the metrics."
  value       = var.metrics_namespace
}

output "sentiments_index" {
  description = "Name of the index on the items."
  value       = var.sentiments_index
}

output "url_auth" {
  description = "Authorization of the URL."
  value       = var.url_auth
}

output "allow_origins" {
  description = "Origins that CORS lets in."
  value       = var.allow_origins
}

output "reserved_concurrency" {
  description = "Streams at the same time, at most."
  value       = var.reserved_concurrency
}

output "heartbeat_interval_ms" {
  description = "Longest silence of a stream, in milliseconds: what stands in front has to bear it."
  value       = local.heartbeat_interval_ms
}

output "sends_to_xray" {
  description = "Whether the function itself sends spans to X-Ray."
  value       = var.telemetry == "xray"
}
