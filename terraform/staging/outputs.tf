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

output "function_name" {
  description = "Name of the function."
  value       = module.sse_streaming.function_name
}
