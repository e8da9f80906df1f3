# A budget, if asked for: who is told before a month costs more than was meant. It stops nothing; reserved concurrency does.

resource "aws_budgets_budget" "month" {
  count = var.budget == null ? 0 : 1

  name         = module.settings.name
  budget_type  = "COST"
  limit_amount = tostring(var.budget.monthly_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  tags         = var.tags

  # Without a tag it is the whole account's costs. A tag counts only once the account has activated it for cost allocation.
  dynamic "cost_filter" {
    for_each = var.budget.tag == null ? [] : [var.budget.tag]

    content {
      name   = "TagKeyValue"
      values = ["user:${cost_filter.value}"]
    }
  }

  # A forecast comes while something can still be done; the second is what has been spent.
  dynamic "notification" {
    for_each = { FORECASTED = 100, ACTUAL = 80 }

    content {
      notification_type          = notification.key
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.budget.emails
      subscriber_sns_topic_arns  = var.budget.topics
    }
  }
}
