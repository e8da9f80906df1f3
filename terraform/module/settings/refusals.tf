# Rules that look at more than one value (those about a single one stand with their variable). Each stops the plan, before
# anything is created, and is a resource of its own so that a test can say which of them spoke.

resource "terraform_data" "no_refused_variable" {
  lifecycle {
    precondition {
      condition     = length(local.extra_refused) == 0
      error_message = "extra_environment is refused:\n${join("\n", [for name in local.extra_refused : "${name}: ${local.refused[name]}"])}"
    }
  }
}

resource "terraform_data" "one_service_name" {
  lifecycle {
    precondition {
      condition     = length(local.extra_unequal_names) == 0
      error_message = "Unequal service names: ${join(", ", local.extra_unequal_names)} in extra_environment differs from service_name (\"${var.service_name}\"). The two phases of a stream would belong to two services; the function does not start that way. Change service_name, it holds for both."
    }
  }
}

resource "terraform_data" "no_repeated_variable" {
  lifecycle {
    precondition {
      condition     = length(local.extra_owned) == 0
      error_message = "extra_environment repeats what the module sets from a variable of its own: ${join(", ", local.extra_owned)}. Use that variable."
    }
  }
}

resource "terraform_data" "no_platform_variable" {
  lifecycle {
    precondition {
      condition     = length(local.extra_platform) == 0
      error_message = "extra_environment sets what Lambda itself sets: ${join(", ", local.extra_platform)}."
    }
  }
}

resource "terraform_data" "no_unknown_variable" {
  lifecycle {
    precondition {
      condition     = length(local.extra_unknown) == 0
      error_message = "extra_environment sets what neither the function nor the collector reads: ${join(", ", local.extra_unknown)}. A misspelt name would be ignored in silence; the names that may be set are ${join(", ", keys(local.defaulted))}."
    }
  }
}

resource "terraform_data" "numbers_in_range" {
  lifecycle {
    precondition {
      condition     = length(local.extra_out_of_range) == 0
      error_message = "extra_environment holds numbers that the function does not start with:\n${join("\n", [for name in local.extra_out_of_range : "${name} is ${local.ranges[name][0]} to ${local.ranges[name][1]}, not \"${var.extra_environment[name]}\"."])}"
    }
  }
}

resource "terraform_data" "stream_within_invocation" {
  lifecycle {
    precondition {
      condition     = var.stream_max_ms == 0 || var.stream_max_ms + local.deadline_margin_ms <= var.timeout_s * 1000
      error_message = "stream_max_ms (${var.stream_max_ms}) plus the deadline margin (${local.deadline_margin_ms} ms) is more than timeout_s (${var.timeout_s} s): every stream would end at the deadline, not with `done`. Set stream_max_ms = 0 if the deadline is to end it."
    }
  }
}

resource "terraform_data" "layer_of_the_region" {
  lifecycle {
    precondition {
      condition     = !local.collector || local.layer_region == var.region
      error_message = "collector_layer_arn is in ${local.layer_region}, the function in ${var.region}: Lambda takes layers of its own region only."
    }
  }
}

resource "terraform_data" "layer_of_the_processor" {
  lifecycle {
    precondition {
      condition     = !local.collector || local.layer_architecture == local.collector_architectures[var.architecture]
      error_message = "collector_layer_arn is built for ${local.layer_architecture}, the function for ${var.architecture}: the extension would crash at start and take the function with it."
    }
  }
}

resource "terraform_data" "layer_is_known" {
  lifecycle {
    precondition {
      condition     = !local.collector || var.collector_layer_arn != null || contains(local.collector_regions, var.region)
      error_message = "The collector layer is not known to be published in ${var.region}. Name one in collector_layer_arn (a copy in your own account will do), or set telemetry to \"stdout\"."
    }
  }
}

resource "terraform_data" "issuer_and_audience" {
  lifecycle {
    precondition {
      condition     = !var.require_token_claims || var.jwt_public_key == null || (var.jwt_issuer != null && var.jwt_audience != null)
      error_message = "jwt_public_key without jwt_issuer and jwt_audience: every token that this key ever signed, for whatever service, would open configuration streams here. Name both."
    }
  }
}

resource "terraform_data" "tables_of_the_region" {
  lifecycle {
    precondition {
      condition     = length(local.misnamed_tables) == 0
      error_message = "${join(", ", local.misnamed_tables)}: a table is given by its name, or by an ARN (arn:aws:dynamodb:${var.region}:<account>:table/<name>) of the function's own region; the function reads no other."
    }
  }
}
