# The web alone. App Runner promises no processor time outside a request and ends one after 120 s, so nothing that
# works in the background belongs here. Closed to accounts that did not use it before 30 April 2026: see web-express.

resource "aws_apprunner_vpc_connector" "this" {
  vpc_connector_name = var.name
  subnets            = var.subnet_ids
  security_groups    = var.security_group_ids
}

resource "aws_apprunner_auto_scaling_configuration_version" "this" {
  auto_scaling_configuration_name = var.name
  min_size                        = var.min_instances
  max_size                        = var.max_instances
  max_concurrency                 = 16 # two gunicorn processes of eight threads
}

resource "aws_apprunner_service" "this" {
  service_name                   = var.name
  auto_scaling_configuration_arn = aws_apprunner_auto_scaling_configuration_version.this.arn

  source_configuration {
    auto_deployments_enabled = false

    authentication_configuration {
      access_role_arn = aws_iam_role.access.arn
    }

    image_repository {
      image_repository_type = "ECR"
      image_identifier      = var.product.image

      image_configuration {
        port                          = "8000"
        runtime_environment_variables = var.product.environment
        runtime_environment_secrets   = var.secrets
      }
    }
  }

  # HTTP must be said: the default, TCP, ignores the path.
  health_check_configuration {
    protocol            = "HTTP"
    path                = "/health"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 1
    unhealthy_threshold = 5
  }

  instance_configuration {
    cpu               = "1024"
    memory            = "2048"
    instance_role_arn = aws_iam_role.instance.arn
  }

  network_configuration {
    egress_configuration {
      egress_type       = "VPC"
      vpc_connector_arn = aws_apprunner_vpc_connector.this.arn
    }

    ingress_configuration {
      is_publicly_accessible = true
    }
  }

  depends_on = [aws_iam_role_policy.access, aws_iam_role_policy.secrets]
}

resource "aws_apprunner_custom_domain_association" "this" {
  for_each             = toset([for host in var.hosts : host if !endswith(host, ".awsapprunner.com")])
  service_arn          = aws_apprunner_service.this.arn
  domain_name          = each.key
  enable_www_subdomain = false
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-5xx"
  alarm_description   = "The web answers with errors."
  namespace           = "AWS/AppRunner"
  metric_name         = "5xxStatusResponses"
  dimensions          = { ServiceName = var.name, ServiceID = aws_apprunner_service.this.service_id }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching" # no errors, no data
  alarm_actions       = [var.topic_arn]
}
