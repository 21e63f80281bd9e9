# The sweep and the report of metrics by a clock of their own, in a task that stays: nothing starts anew each minute.
# Every supervisor sweeps too; either alone is enough.

module "task" {
  source             = "../task"
  name               = var.name
  product            = var.product
  secrets            = var.secrets
  command            = ["python", "-m", "infra", "--each-minute"]
  log_retention_days = var.log_retention_days
}

resource "aws_ecs_service" "this" {
  name                               = var.name
  cluster                            = var.cluster
  task_definition                    = module.task.arn
  desired_count                      = 1
  launch_type                        = "FARGATE"
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100
  propagate_tags                     = "SERVICE"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = var.security_group_ids
    assign_public_ip = false
  }
}
