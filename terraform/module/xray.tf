# Optional X-Ray resources. Whether a trace is recorded is decided in front of the function, never in it.

resource "aws_xray_sampling_rule" "function" {
  count = var.sampling_rule == null ? 0 : 1

  rule_name      = module.settings.name
  priority       = var.sampling_rule.priority
  version        = 1
  fixed_rate     = var.sampling_rule.fixed_rate
  reservoir_size = var.sampling_rule.reservoir_size
  service_name   = var.configurations_concurrency == null ? module.settings.name : "${module.settings.name}*"
  service_type   = "AWS::Lambda::Function"
  host           = "*"
  http_method    = "*"
  url_path       = "*"
  resource_arn   = "*"
  tags           = var.tags
}

resource "aws_xray_group" "function" {
  count = var.trace_group ? 1 : 0

  group_name        = module.settings.name
  filter_expression = join(" OR ", [for function in values(local.watched) : "service(\"${function.name}\")"])
  tags              = var.tags
}
