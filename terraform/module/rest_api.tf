# A second door, if asked for (rest_api): an API Gateway REST API that streams. It calls the aliases, not the URL, so the URL may ask for signatures. Its idle
# limits, what it costs and what it cannot do are in docs/front-doors.md.

locals {
  rest_api_count = var.rest_api == null ? 0 : 1

  # Silence after which API Gateway ends a stream.
  rest_api_idle_ms = try(var.rest_api.endpoint, "REGIONAL") == "EDGE" ? 30000 : 300000

  # Paths of configurations go to the function that they have of their own, if they have one.
  rest_api_configurations_count = var.rest_api == null || var.configurations_concurrency == null ? 0 : 1

  rest_api_routes = merge(
    { for api in aws_api_gateway_rest_api.this : "all" => { parent = api.root_resource_id, alias = aws_lambda_alias.live } },
    { for folder in aws_api_gateway_resource.configurations : "configurations" => { parent = folder.id, alias = aws_lambda_alias.configurations[0] } },
  )
}

resource "aws_api_gateway_rest_api" "this" {
  #checkov:skip=CKV_AWS_237:A REST API keeps no state that a replacement would lose.
  #checkov:skip=CKV2_AWS_53:The function checks requests itself, and there are no bodies.
  count = local.rest_api_count

  name        = module.settings.name
  description = "Streams of ${module.settings.name}."
  tags        = var.tags

  endpoint_configuration {
    types = [var.rest_api.endpoint]
  }

  lifecycle {
    precondition {
      condition     = module.settings.heartbeat_interval_ms + 5000 <= local.rest_api_idle_ms
      error_message = "SSE_HEARTBEAT_INTERVAL_MS (${module.settings.heartbeat_interval_ms}) is not 5 s below the ${local.rest_api_idle_ms / 1000} s of silence after which this endpoint of API Gateway ends a stream: every quiet stream would be cut."
    }
  }
}

resource "aws_api_gateway_resource" "api" {
  count = local.rest_api_configurations_count

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  parent_id   = aws_api_gateway_rest_api.this[0].root_resource_id
  path_part   = "api"
}

resource "aws_api_gateway_resource" "v2" {
  count = local.rest_api_configurations_count

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  parent_id   = aws_api_gateway_resource.api[0].id
  path_part   = "v2"
}

resource "aws_api_gateway_resource" "configurations" {
  count = local.rest_api_configurations_count

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  parent_id   = aws_api_gateway_resource.v2[0].id
  path_part   = "configurations"
}

resource "aws_api_gateway_resource" "proxy" {
  for_each = local.rest_api_routes

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  parent_id   = each.value.parent
  path_part   = "{proxy+}"
}

resource "aws_api_gateway_method" "proxy" {
  #checkov:skip=CKV_AWS_59:Public streams are public, and tokens of configurations are checked in the function.
  #checkov:skip=CKV2_AWS_53:The function checks requests itself, and there are no bodies.
  for_each = local.rest_api_routes

  rest_api_id   = aws_api_gateway_rest_api.this[0].id
  resource_id   = aws_api_gateway_resource.proxy[each.key].id
  http_method   = "ANY"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "proxy" {
  for_each = local.rest_api_routes

  rest_api_id             = aws_api_gateway_rest_api.this[0].id
  resource_id             = aws_api_gateway_resource.proxy[each.key].id
  http_method             = aws_api_gateway_method.proxy[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"

  # An alias has no attribute for it.
  uri                    = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.region}:lambda:path/2021-11-15/functions/${each.value.alias.arn}/response-streaming-invocations"
  response_transfer_mode = "STREAM"

  # Of the whole response.
  timeout_milliseconds = module.settings.timeout_s * 1000
}

resource "aws_lambda_permission" "rest_api" {
  for_each = local.rest_api_routes

  statement_id  = "RestApi"
  action        = "lambda:InvokeFunction"
  function_name = each.value.alias.function_name
  qualifier     = each.value.alias.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this[0].execution_arn}/*/*"

  # One change of a function's policy at a time.
  depends_on = [aws_lambda_permission.public_invoke]
}

resource "aws_api_gateway_deployment" "this" {
  count = local.rest_api_count

  rest_api_id = aws_api_gateway_rest_api.this[0].id

  # What is not deployed is not served.
  triggers = {
    routes = sha256(jsonencode([aws_api_gateway_resource.proxy, aws_api_gateway_method.proxy, aws_api_gateway_integration.proxy]))
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "this" {
  #checkov:skip=CKV_AWS_73:Tracing is on unless telemetry is off, as for the function; the check cannot follow the variable.
  #checkov:skip=CKV_AWS_76:Access logs would be a second log of what the function's lines and Lambda's metrics say.
  #checkov:skip=CKV_AWS_120:Streams cannot be cached.
  #checkov:skip=CKV2_AWS_4:Its log would need a role for the whole account.
  #checkov:skip=CKV2_AWS_29:The stage has a limit of requests a second; a web ACL is a choice, for all readers together.
  #checkov:skip=CKV2_AWS_51:Lambda is called by the API's own rights; there is no backend to show a certificate to.
  count = local.rest_api_count

  rest_api_id          = aws_api_gateway_rest_api.this[0].id
  deployment_id        = aws_api_gateway_deployment.this[0].id
  stage_name           = var.rest_api.stage
  xray_tracing_enabled = module.settings.tracing_mode == "Active"
  tags                 = var.tags
}

resource "aws_api_gateway_method_settings" "this" {
  #checkov:skip=CKV_AWS_225:Streams cannot be cached.
  #checkov:skip=CKV_AWS_308:Streams cannot be cached.
  count = local.rest_api_count

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  stage_name  = aws_api_gateway_stage.this[0].stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    logging_level          = "OFF"
    throttling_rate_limit  = var.rest_api.rate
    throttling_burst_limit = var.rest_api.burst
  }
}
