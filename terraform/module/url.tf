# The way in: a function URL that streams.

locals {
  # What a page may send, and read of an answer. `serve` has the same lists; a test of the workspace compares them.
  cors_allowed_headers = [
    "authorization",
    "cache-control",
    "last-event-id",
    "x-amzn-trace-id",
    "x-sse-connection-seq",
    "x-sse-previous-trace",
    "x-sse-session-id",
    "x-user-authorization",
  ]

  # With the trace id a page can name the trace of its stream in a bug report.
  cors_exposed_headers = ["retry-after", "x-amzn-trace-id"]
}

resource "aws_lambda_function_url" "live" {
  #checkov:skip=CKV_AWS_258:NONE is a choice of the user (url_auth): browsers cannot sign requests; tokens are checked in the function.
  function_name      = aws_lambda_function.this.function_name
  qualifier          = aws_lambda_alias.live.name
  authorization_type = module.settings.url_auth
  invoke_mode        = "RESPONSE_STREAM"

  cors {
    allow_credentials = false
    allow_methods     = ["GET"]
    allow_origins     = module.settings.allow_origins
    max_age           = 86400
    allow_headers     = local.cors_allowed_headers
    expose_headers    = local.cors_exposed_headers
  }
}

# A URL without signatures needs both rights since October 2025. With AWS_IAM neither is needed: callers of this account
# bring the two actions in their own policies.

resource "aws_lambda_permission" "public_url" {
  #checkov:skip=CKV_AWS_301:Public is what url_auth = NONE means; reserved concurrency bounds what it can cost.
  count = module.settings.url_auth == "NONE" ? 1 : 0

  statement_id           = "PublicUrl"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.this.function_name
  qualifier              = aws_lambda_alias.live.name
  principal              = "*"
  function_url_auth_type = "NONE"

  # Lambda adds a right of its own when it makes such a URL; what changes the same policy at the same time is refused.
  depends_on = [aws_lambda_function_url.live]
}

resource "aws_lambda_permission" "public_invoke" {
  #checkov:skip=CKV_AWS_301:Public is what url_auth = NONE means, and through the URL only.
  count = module.settings.url_auth == "NONE" ? 1 : 0

  statement_id             = "PublicInvokeThroughUrl"
  action                   = "lambda:InvokeFunction"
  function_name            = aws_lambda_function.this.function_name
  qualifier                = aws_lambda_alias.live.name
  principal                = "*"
  invoked_via_function_url = true

  depends_on = [aws_lambda_permission.public_url]
}
