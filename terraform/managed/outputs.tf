output "url" {
  description = "Where to stream from."
  value       = module.sse_streaming.url
}

output "log_group" {
  description = "Where the ledger lines are."
  value       = module.sse_streaming.log_group
}

output "sentiments_table" {
  description = "Table for `feed --table`."
  value       = module.sse_streaming.sentiments_table
}

output "published_version" {
  description = "Version that this apply published."
  value       = module.sse_streaming.published_version
}

output "live_version" {
  description = "Version that the URL serves."
  value       = module.sse_streaming.live_version
}

output "sizing" {
  description = "What the wanted streams come to."
  value       = module.sizing
}

output "must_reach" {
  description = "Services that the instances must reach on port 443, by the names of their VPC endpoints."
  value = [for service in concat(
    ["logs", "dynamodb"],
    # The handler's spans go there in any case, but for "off".
    var.telemetry == "off" ? [] : ["xray"],
  ) : "com.amazonaws.${var.region}.${service}"]
}
