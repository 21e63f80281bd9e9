# One container of our image as a Fargate task: as nobody in particular, with nothing to gain, and with nothing to write
# on but two folders that end with it (the image declares both as volumes of its user).

data "aws_region" "this" {}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/bookpipeline/${var.name}"
  retention_in_days = var.log_retention_days
}

module "roles" {
  source         = "../task-roles"
  name           = var.name
  repository_arn = var.product.repository_arn
  log_group_arn  = aws_cloudwatch_log_group.this.arn
  secret_arns    = values(var.secrets)
  access_policy  = var.product.access_policy
}

locals {
  container = {
    name                   = "task"
    image                  = var.product.image
    essential              = true
    command                = var.command
    stopTimeout            = var.stop_timeout
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { add = [], drop = ["ALL"] } }
    mountPoints            = [for name in ["data", "tmp"] : { sourceVolume = name, containerPath = "/${name}" }]
    environment            = [for name, value in merge(var.product.environment, var.environment) : { name = name, value = value }]
    secrets                = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.this.region
        awslogs-stream-prefix = "task"
      }
    }
  }
  health = var.health_command == null ? {} : {
    healthCheck = { command = concat(["CMD"], var.health_command), interval = 60, timeout = 30, retries = 3, startPeriod = 180 }
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = module.roles.execution_role_arn
  task_role_arn            = module.roles.task_role_arn
  container_definitions    = jsonencode([merge(local.container, local.health)])

  volume {
    name = "data"
  }

  volume {
    name = "tmp"
  }
}
