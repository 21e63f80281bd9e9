# The sweep by a clock of its own. Every supervisor does the same; either alone is enough.

data "aws_region" "this" {}

locals {
  container = {
    image       = var.image
    environment = [for name, value in var.environment : { name = name, value = value }]
    secrets     = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.this.region
        awslogs-stream-prefix = "sweep"
      }
    }
  }
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

# Metrics come after the sweep, and also after a sweep that failed.
resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 1024
  execution_role_arn       = module.roles.execution_role_arn
  task_role_arn            = module.roles.task_role_arn

  container_definitions = jsonencode([
    merge(local.container, {
      name      = "sweep"
      essential = false
      command   = ["python", "manage.py", "sweep_jobs"]
    }),
    merge(local.container, {
      name      = "metrics"
      essential = true
      command   = ["python", "-m", "infra"]
      dependsOn = [{ containerName = "sweep", condition = "COMPLETE" }]
    }),
  ])
}

resource "aws_scheduler_schedule" "this" {
  name                = var.name
  schedule_expression = "rate(1 minutes)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = data.aws_ecs_cluster.this.arn
    role_arn = aws_iam_role.clock.arn

    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.this.arn
      launch_type         = "FARGATE"

      network_configuration {
        subnets          = var.subnet_ids
        security_groups  = var.security_group_ids
        assign_public_ip = false
      }
    }

    # The next minute is the retry.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }
}

data "aws_ecs_cluster" "this" {
  cluster_name = var.cluster
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "clock" {
  statement {
    sid       = "Run"
    actions   = ["ecs:RunTask"]
    resources = [aws_ecs_task_definition.this.arn]
  }

  statement {
    sid       = "Pass"
    actions   = ["iam:PassRole"]
    resources = [module.roles.execution_role_arn, module.roles.task_role_arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "clock" {
  name               = "${var.name}-clock"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "clock" {
  name   = "run"
  role   = aws_iam_role.clock.id
  policy = data.aws_iam_policy_document.clock.json
}
