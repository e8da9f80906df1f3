# The tables, if they are not somebody else's (create_tables). On demand: an idle service costs nothing.

resource "aws_dynamodb_table" "sentiments" {
  #checkov:skip=CKV_AWS_28:Items are derived, rewritten all day and expire; a backup of them would be out of date when made.
  #checkov:skip=CKV_AWS_119:DynamoDB encrypts with its own key unless kms_key_arn names one.
  count = var.create_tables ? 1 : 0

  name                        = local.sentiments_table
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "source_id"
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  dynamic "server_side_encryption" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]

    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value
    }
  }

  attribute {
    name = "source_id"
    type = "S"
  }

  attribute {
    name = "sentiment"
    type = "S"
  }

  attribute {
    name = "updated_at"
    type = "S"
  }

  # Narrow: a poll pays for the bytes it reads, and items may carry whole articles.
  global_secondary_index {
    name               = module.settings.sentiments_index
    projection_type    = "INCLUDE"
    non_key_attributes = ["score", "matched_tickers", "ttl_timestamp"]

    # hash_key and range_key of an index are deprecated since provider 6.29.
    key_schema {
      attribute_name = "sentiment"
      key_type       = "HASH"
    }

    key_schema {
      attribute_name = "updated_at"
      key_type       = "RANGE"
    }
  }

  ttl {
    attribute_name = "ttl_timestamp"
    enabled        = true
  }

  lifecycle {
    precondition {
      condition     = !startswith(local.sentiments_table, "arn:")
      error_message = "sentiments_table is an ARN, but create_tables would make the table: name it, or set create_tables = false and use the one that exists."
    }
  }
}

resource "aws_dynamodb_table" "users" {
  #checkov:skip=CKV_AWS_119:DynamoDB encrypts with its own key unless kms_key_arn names one.
  count = var.create_tables && var.users_table != null ? 1 : 0

  name                        = var.users_table
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "PK"
  range_key                   = "SK"
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  dynamic "server_side_encryption" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]

    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value
    }
  }

  attribute {
    name = "PK"
    type = "S"
  }

  attribute {
    name = "SK"
    type = "S"
  }

  # Nobody can derive these again.
  point_in_time_recovery {
    enabled = true
  }

  lifecycle {
    precondition {
      condition     = !startswith(var.users_table, "arn:")
      error_message = "users_table is an ARN, but create_tables would make the table: name it, or set create_tables = false and use the one that exists."
    }
  }
}
