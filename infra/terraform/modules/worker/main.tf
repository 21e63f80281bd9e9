# A pool of supervised worker clusters. Capacity that is taken away (a deployment, Spot, scaling in) costs nothing: a
# task has two minutes to finish what is in hand, and rows, not processes, hold what is left to do.

data "aws_region" "this" {}

locals {
  # The longest Fargate grants, also when it takes a Spot task away; `work` must have ended by itself before.
  stop_timeout  = 120
  drain_seconds = 100
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/bookpipeline/${var.name}"
  retention_in_days = 90
}

module "roles" {
  source         = "../task-roles"
  name           = var.name
  repository_arn = var.repository_arn
  log_group_arn  = aws_cloudwatch_log_group.this.arn
  secret_arns    = values(var.secrets)
  access_policy  = var.access_policy
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = module.roles.execution_role_arn
  task_role_arn            = module.roles.task_role_arn

  container_definitions = jsonencode([{
    name        = "worker"
    image       = var.image
    essential   = true
    command     = ["python", "manage.py", "work", "--pool", var.pool]
    stopTimeout = local.stop_timeout
    environment = [for name, value in merge(var.environment, {
      DRAIN_SECONDS                = tostring(local.drain_seconds)
      "${upper(var.pool)}_WORKERS" = tostring(var.processes)
    }) : { name = name, value = value }]
    secrets = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.this.region
        awslogs-stream-prefix = "worker"
      }
    }
  }])
}

resource "aws_ecs_service" "this" {
  name                               = var.name
  cluster                            = var.cluster
  task_definition                    = aws_ecs_task_definition.this.arn
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
