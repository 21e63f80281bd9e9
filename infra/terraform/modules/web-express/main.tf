# The web alone, on ECS Express Mode: AWS makes the load balancer, its certificate and the scaling.

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

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "infrastructure" {
  name               = "${var.name}-infrastructure"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

# AWS's own policy: what Express Mode makes and tends changes with it.
resource "aws_iam_role_policy_attachment" "infrastructure" {
  role       = aws_iam_role.infrastructure.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSInfrastructureRoleforExpressGatewayServices"
}

resource "aws_ecs_express_gateway_service" "this" {
  service_name            = var.name
  cluster                 = var.cluster
  execution_role_arn      = module.roles.execution_role_arn
  task_role_arn           = module.roles.task_role_arn
  infrastructure_role_arn = aws_iam_role.infrastructure.arn
  cpu                     = "1024"
  memory                  = "2048"
  health_check_path       = "/health" # the default is /ping

  primary_container {
    image          = var.product.image
    container_port = 8000

    aws_logs_configuration {
      log_group         = aws_cloudwatch_log_group.this.name
      log_stream_prefix = "web"
    }

    dynamic "environment" {
      for_each = var.product.environment

      content {
        name  = environment.key
        value = environment.value
      }
    }

    dynamic "secret" {
      for_each = var.secrets

      content {
        name       = secret.key
        value_from = secret.value
      }
    }
  }

  network_configuration {
    subnets         = var.subnet_ids
    security_groups = concat(var.security_group_ids, [aws_security_group.web.id])
  }

  scaling_target {
    auto_scaling_metric       = "AVERAGE_CPU"
    auto_scaling_target_value = 60
    min_task_count            = var.min_instances
    max_task_count            = var.max_instances
  }

  depends_on = [aws_iam_role_policy_attachment.infrastructure, aws_vpc_endpoint.platform]
}

# Express Mode does not tell its load balancer's name, so errors are counted where Django logs them.
resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "${var.name}-5xx"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = "{ $.name = \"django.request\" && $.levelname = \"ERROR\" }"

  metric_transformation {
    namespace = "bookpipeline"
    name      = "WebErrors"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-5xx"
  alarm_description   = "The web answers with errors."
  namespace           = aws_cloudwatch_log_metric_filter.errors.metric_transformation[0].namespace
  metric_name         = aws_cloudwatch_log_metric_filter.errors.metric_transformation[0].name
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching" # no errors, no data
  alarm_actions       = [var.topic_arn]
}
