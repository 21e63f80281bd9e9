# Each module by itself, where what it is given is known and so is what it makes of it.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
}

variables {
  name               = "bookpipeline"
  cluster            = "bookpipeline"
  vpc_id             = "vpc-1"
  cidr               = "10.0.0.0/16"
  subnet_ids         = ["subnet-1", "subnet-2"]
  security_group_ids = ["sg-1"]
  topic_arn          = "arn:aws:sns:eu-central-1:1:alarms"
  log_retention_days = 90
  secrets            = { SECRET_KEY = "arn:aws:secretsmanager:eu-central-1:1:secret:key" }
  product = {
    image          = "1.dkr.ecr.eu-central-1.amazonaws.com/bookpipeline:1"
    repository_arn = "arn:aws:ecr:eu-central-1:1:repository/bookpipeline"
    environment    = { STORAGE = "s3" }
    access_policy  = "{}"
  }
}

run "task" {
  command = plan

  module {
    source = "../../modules/task"
  }

  variables {
    command        = ["python", "manage.py", "work"]
    stop_timeout   = 120
    health_command = ["python", "manage.py", "work", "--check"]
  }

  assert {
    condition     = alltrue([for each in jsondecode(aws_ecs_task_definition.this.container_definitions) : each.readonlyRootFilesystem && each.linuxParameters.capabilities.drop == ["ALL"]])
    error_message = "A task writes on its volumes alone, and gains nothing."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].secrets == [{ name = "SECRET_KEY", valueFrom = var.secrets.SECRET_KEY }]
    error_message = "A task has the secrets that it is given, and no others."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].healthCheck.command == ["CMD", "python", "manage.py", "work", "--check"]
    error_message = "Its health is asked without a shell."
  }

  assert {
    condition     = toset(aws_ecs_task_definition.this.volume[*].name) == toset(["data", "tmp"])
    error_message = "Each mount has its volume."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 90
    error_message = "Logs end."
  }
}

run "task_without_a_check" {
  command = plan

  module {
    source = "../../modules/task"
  }

  variables {
    command = ["python", "-m", "infra.release"]
  }

  assert {
    condition     = !contains(keys(jsondecode(aws_ecs_task_definition.this.container_definitions)[0]), "healthCheck")
    error_message = "A task that ends by itself is asked nothing."
  }
}

run "worker" {
  command = plan

  module {
    source = "../../modules/worker"
  }

  variables {
    pool             = "cpu"
    cpu              = 2048
    memory           = 4096
    processes        = 2
    max_tasks        = 10
    backlog_per_task = 60
  }

  assert {
    condition     = one(aws_ecs_service.this.deployment_circuit_breaker).rollback
    error_message = "An image that crashes is rolled back."
  }

  assert {
    condition     = toset([for each in aws_ecs_service.this.capacity_provider_strategy : "${each.capacity_provider}=${each.weight}"]) == toset(["FARGATE=0", "FARGATE_SPOT=1"])
    error_message = "What is above the least runs on Spot."
  }

  assert {
    condition     = aws_appautoscaling_target.this.resource_id == "service/bookpipeline/bookpipeline" && aws_appautoscaling_target.this.max_capacity == 10
    error_message = "The service that scales is this one."
  }
}

run "worker_of_an_unknown_pool" {
  command = plan

  module {
    source = "../../modules/worker"
  }

  variables {
    pool             = "gpu"
    cpu              = 256
    memory           = 512
    processes        = 1
    max_tasks        = 1
    backlog_per_task = 1
  }

  expect_failures = [var.pool]
}

run "sweep" {
  command = plan

  module {
    source = "../../modules/sweep"
  }

  assert {
    condition     = aws_ecs_service.this.desired_count == 1 && aws_ecs_service.this.deployment_maximum_percent == 100
    error_message = "One clock that stays, and never two."
  }
}

run "web_on_express" {
  command = plan

  module {
    source = "../../modules/web-express"
  }

  assert {
    condition     = aws_ecs_express_gateway_service.this.health_check_path == "/health"
    error_message = "Health is asked where the product tells it."
  }

  assert {
    condition     = contains(["AVERAGE_CPU", "AVERAGE_MEMORY", "REQUEST_COUNT_PER_TARGET"], aws_ecs_express_gateway_service.this.scaling_target[0].auto_scaling_metric)
    error_message = "Express Mode knows three metrics to scale by."
  }

  assert {
    condition     = aws_vpc_endpoint.platform["ecr.api"].service_name == "com.amazonaws.eu-central-1.ecr.api"
    error_message = "What a task needs to start is inside its network."
  }
}

run "web_without_an_instance" {
  command = plan

  module {
    source = "../../modules/web-express"
  }

  variables {
    min_instances = 0
  }

  expect_failures = [var.min_instances]
}

run "web_on_app_runner" {
  command = plan

  module {
    source = "../../modules/app-runner"
  }

  variables {
    hosts = ["books.example.org", "x1.eu-central-1.awsapprunner.com"]
  }

  assert {
    condition     = one(aws_apprunner_service.this.health_check_configuration).protocol == "HTTP" && one(aws_apprunner_service.this.health_check_configuration).path == "/health"
    error_message = "Health is asked over HTTP, where the product tells it."
  }

  assert {
    condition     = keys(aws_apprunner_custom_domain_association.this) == ["books.example.org"]
    error_message = "Names of one's own are associated."
  }
}

run "database" {
  command = plan

  module {
    source = "../../modules/database"
  }

  variables {
    client_security_group_id = "sg-1"
    backup_days              = 21
  }

  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.multi_az && aws_db_instance.this.deletion_protection && !aws_db_instance.this.publicly_accessible
    error_message = "Encrypted, in two zones, not deleted by mistake and not reached from outside."
  }

  assert {
    condition     = aws_db_instance.this.backup_retention_period == 21
    error_message = "Backups are kept as long as was said."
  }

  assert {
    condition     = contains([for each in aws_db_parameter_group.this.parameter : "${each.name}=${each.value}"], "rds.force_ssl=1")
    error_message = "Nobody connects in the clear."
  }
}

run "storage" {
  command = plan

  module {
    source = "../../modules/storage"
  }

  variables {
    bucket           = "scans"
    origins          = ["https://books.example.org"]
    old_version_days = 30
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.noncurrent_version_expiration[0].noncurrent_days if rule.id == "old-versions"] == [30]
    error_message = "Old versions are kept as long as was said."
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration).status == "Enabled"
    error_message = "What is overwritten can be brought back."
  }
}

run "alarms" {
  command = plan

  module {
    source = "../../modules/alarms"
  }

  variables {
    database = "bookpipeline"
    pools    = ["cpu", "io"]
  }

  assert {
    condition     = alltrue([for each in merge(aws_cloudwatch_metric_alarm.engine, aws_cloudwatch_metric_alarm.alive) : each.treat_missing_data == "breaching"])
    error_message = "Silence is an alarm."
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.alive) == ["cpu", "io"]
    error_message = "Each pool is missed where none of its workers is alive."
  }
}
