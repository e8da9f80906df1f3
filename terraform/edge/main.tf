# A front door for a deployed service: CloudFront, which signs its requests to the function URL, and a limit per address.
# Apply it after prod, whose url_auth must be AWS_IAM: with NONE everybody could go past this door. Callers of the same account whose own
# policies allow lambda:InvokeFunctionUrl can do so even then.

terraform {
  required_version = ">= 1.8"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.29, < 7.0"
    }
  }
}

provider "aws" {
  region = var.region
}

locals {
  name = "${var.function_name}-edge"

  # The functions behind, by the identifier of their origin. Paths of configurations go to the one that they have of their own, if they have one.
  functions = merge(
    { function = { name = var.function_name, url = var.url } },
    { for c in var.configurations[*] : "configurations" => { name = c.function_name, url = c.url } },
  )

  # New URLs need both rights since October 2025.
  rights = merge([
    for origin, function in local.functions : {
      for what, action in { Url = "lambda:InvokeFunctionUrl", Function = "lambda:InvokeFunction" } :
      "${origin == "configurations" ? "Configurations" : ""}${what}" => { function = function.name, action = action, through_url = what == "Function" ? true : null }
    }
  ]...)
}

data "aws_cloudfront_cache_policy" "disabled" {
  name = "Managed-CachingDisabled"
}

# Forwards Last-Event-ID, the copied token and the query. Not Host: a function URL answers to its own name only.
data "aws_cloudfront_origin_request_policy" "all_but_host" {
  name = "Managed-AllViewerExceptHostHeader"
}

resource "aws_cloudfront_origin_access_control" "function" {
  name                              = local.name
  description                       = "Signs requests to ${var.function_name}."
  origin_access_control_origin_type = "lambda"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_function" "token" {
  name    = local.name
  comment = "Copies Authorization, which the signature overwrites, to X-User-Authorization."
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = file("${path.module}/token.js")
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_68:There is a web ACL.
  #checkov:skip=CKV_AWS_86:Access logs would hold query strings, which may carry a token (user_token).
  #checkov:skip=CKV_AWS_174:The TLS minimum holds where a certificate is given; CloudFront's own certificate decides for itself.
  #checkov:skip=CKV_AWS_305:There is no default object: paths are the function's.
  #checkov:skip=CKV_AWS_310:One function; there is nothing to fail over to.
  #checkov:skip=CKV_AWS_374:Where readers may be is not ours to say.
  #checkov:skip=CKV2_AWS_32:The function sends its own headers.
  #checkov:skip=CKV2_AWS_42:A certificate is a choice (certificate_arn).
  #checkov:skip=CKV2_AWS_47:The function parses no Java.
  enabled         = true
  comment         = local.name
  aliases         = var.aliases
  http_version    = "http2and3"
  is_ipv6_enabled = true
  web_acl_id      = aws_wafv2_web_acl.this.arn

  dynamic "origin" {
    for_each = local.functions

    content {
      origin_id                = origin.key
      domain_name              = trimsuffix(trimprefix(origin.value.url, "https://"), "/")
      origin_access_control_id = aws_cloudfront_origin_access_control.function.id

      # A request without an answer is sent again by CloudFront, and would hold a second place.
      connection_attempts = 1

      # The read timeout also counts between two pieces of the body; heartbeats have to pass, see below. There is no limit on the whole response:
      # response_completion_timeout stays unset.
      custom_origin_config {
        http_port                = 80
        https_port               = 443
        origin_protocol_policy   = "https-only"
        origin_ssl_protocols     = ["TLSv1.2"]
        origin_read_timeout      = var.read_timeout_s
        origin_keepalive_timeout = 5
      }
    }
  }

  default_cache_behavior {
    target_origin_id         = "function"
    viewer_protocol_policy   = "https-only"
    allowed_methods          = ["GET", "HEAD", "OPTIONS"]
    cached_methods           = ["GET", "HEAD"]
    compress                 = false
    cache_policy_id          = data.aws_cloudfront_cache_policy.disabled.id
    origin_request_policy_id = data.aws_cloudfront_origin_request_policy.all_but_host.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.token.arn
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = var.configurations[*]

    content {
      path_pattern             = "/api/v2/configurations/*"
      target_origin_id         = "configurations"
      viewer_protocol_policy   = "https-only"
      allowed_methods          = ["GET", "HEAD", "OPTIONS"]
      cached_methods           = ["GET", "HEAD"]
      compress                 = false
      cache_policy_id          = data.aws_cloudfront_cache_policy.disabled.id
      origin_request_policy_id = data.aws_cloudfront_origin_request_policy.all_but_host.id

      function_association {
        event_type   = "viewer-request"
        function_arn = aws_cloudfront_function.token.arn
      }
    }
  }

  # These are cached for 10 s by default, also for readers for whom the function would answer again.
  dynamic "custom_error_response" {
    for_each = [404, 500, 502, 503, 504]

    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.certificate_arn == null
    acm_certificate_arn            = var.certificate_arn
    ssl_support_method             = var.certificate_arn == null ? null : "sni-only"
    minimum_protocol_version       = var.certificate_arn == null ? null : "TLSv1.2_2021"
  }

  lifecycle {
    precondition {
      condition     = var.read_timeout_s * 1000 >= var.heartbeat_interval_ms + 5000
      error_message = "read_timeout_s (${var.read_timeout_s}) is not 5 s above the heartbeat interval (${var.heartbeat_interval_ms} ms): CloudFront would cut every quiet stream."
    }
  }
}

# This distribution, and no other, may call the functions.
resource "aws_lambda_permission" "cloudfront" {
  for_each = local.rights

  statement_id  = "CloudFrontInvoke${each.key}"
  action        = each.value.action
  function_name = each.value.function
  qualifier     = var.alias
  principal     = "cloudfront.amazonaws.com"
  source_arn    = aws_cloudfront_distribution.this.arn

  # Through the URL only, as the public right has it.
  invoked_via_function_url = each.value.through_url
}
