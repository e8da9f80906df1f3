output "url" {
  description = "Where to stream from, without a trailing slash."
  value       = trimsuffix(aws_lambda_function_url.live.function_url, "/")
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "published_version" {
  description = "Version that this apply published: note it, a rollback names it."
  value       = aws_lambda_function.this.version
}

output "live_version" {
  description = "Version that the URL serves."
  value       = aws_lambda_alias.live.function_version
}

output "log_group" {
  description = "Where the ledger lines and given-up spans are."
  value       = aws_cloudwatch_log_group.function.name
}

output "sentiments_table" {
  description = "Table of the items, for `feed --table`."
  value       = local.sentiments_table
}

output "role_arn" {
  description = "Role of the function."
  value       = aws_iam_role.function.arn
}

output "configurations_url" {
  description = "Where configuration streams have a function of their own: its URL, for what stands in front. Otherwise null."
  value       = one([for url in aws_lambda_function_url.configurations : trimsuffix(url.function_url, "/")])
}

output "configurations_function_name" {
  description = "Name of that function, or null."
  value       = one(aws_lambda_function.configurations[*].function_name)
}

output "heartbeat_interval_ms" {
  description = "Longest silence of a stream: a front door has to bear it."
  value       = module.settings.heartbeat_interval_ms
}

output "rest_api_url" {
  description = "Where to stream from through API Gateway, or null."
  value       = one(aws_api_gateway_stage.this[*].invoke_url)
}
