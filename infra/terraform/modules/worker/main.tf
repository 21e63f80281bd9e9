# A pool of supervised worker clusters. Capacity that is taken away (a deployment, Spot, scaling in) costs nothing: a
# task has two minutes to finish what is in hand, and rows, not processes, hold what is left to do.

locals {
  # The longest Fargate grants, also when it takes a Spot task away; `work` must have ended by itself before.
  stop_timeout  = 120
  drain_seconds = 100
}

# A task is healthy while its clusters take work: an image that crashes, or works nothing, is rolled back.
module "task" {
  source             = "../task"
  name               = var.name
  product            = var.product
  secrets            = var.secrets
  command            = ["python", "manage.py", "work", "--pool", var.pool]
  health_command     = ["python", "manage.py", "work", "--check"]
  cpu                = var.cpu
  memory             = var.memory
  stop_timeout       = local.stop_timeout
  log_retention_days = var.log_retention_days
  environment = {
    DRAIN_SECONDS                = tostring(local.drain_seconds)
    "${upper(var.pool)}_WORKERS" = tostring(var.processes)
  }
}

resource "aws_ecs_service" "this" {
  name                               = var.name
  cluster                            = var.cluster
  task_definition                    = module.task.arn
  desired_count                      = var.min_tasks
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  propagate_tags                     = "SERVICE"

  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    base              = var.min_tasks
    weight            = 0
  }

  capacity_provider_strategy {
    capacity_provider = "FARGATE_SPOT"
    weight            = 1
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = var.security_group_ids
    assign_public_ip = false
  }

  lifecycle {
    ignore_changes = [desired_count] # autoscaling's
  }
}
