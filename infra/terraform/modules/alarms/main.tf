# Jobs by what the engine says of itself, the database by what RDS says. No report at all is an alarm too.

locals {
  engine = {
    heartbeat = { metric = "HeartbeatAge", seconds = 240, words = "A running job has no heartbeat and was not recovered." }
    pending   = { metric = "PendingAge", seconds = 300, words = "A job waits and no worker takes it." }
    sweep     = { metric = "SweepAge", seconds = 180, words = "The sweep does not run." }
  }
  database = {
    storage     = { metric = "FreeStorageSpace", operator = "LessThanThreshold", threshold = var.free_storage_gib * 1073741824 }
    connections = { metric = "DatabaseConnections", operator = "GreaterThanThreshold", threshold = var.max_connections }
    processor   = { metric = "CPUUtilization", operator = "GreaterThanThreshold", threshold = 80 }
  }
}

resource "aws_cloudwatch_metric_alarm" "engine" {
  for_each            = local.engine
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.words
  namespace           = "bookpipeline"
  metric_name         = each.value.metric
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.seconds
  treat_missing_data  = "breaching"
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}

# Where no worker is alive nothing waits for long enough to be told by its age.
resource "aws_cloudwatch_metric_alarm" "alive" {
  for_each            = var.pools
  alarm_name          = "${var.name}-alive-${each.key}"
  alarm_description   = "No worker of the pool ${each.key} is alive."
  namespace           = "bookpipeline"
  metric_name         = "ClustersAlive"
  dimensions          = { Pool = each.key }
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "database" {
  for_each            = local.database
  alarm_name          = "${var.name}-database-${each.key}"
  alarm_description   = "The database's ${each.value.metric}."
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = { DBInstanceIdentifier = var.database }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = each.value.operator
  threshold           = each.value.threshold
  treat_missing_data  = "breaching"
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}
