resource "aws_sns_topic" "alarms" {
  name = "${local.name}-alarms"
}

resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

module "alarms" {
  source    = "../../modules/alarms"
  name      = local.name
  topic_arn = aws_sns_topic.alarms.arn
  database  = module.database.identifier
}
