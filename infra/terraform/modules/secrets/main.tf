# Only the containers: values are put in by a person, so that none ever stands in Terraform's state.
resource "aws_secretsmanager_secret" "this" {
  for_each                = var.names
  name                    = "${var.prefix}/${each.key}"
  recovery_window_in_days = 7
}
