locals {
  name    = "bookpipeline"
  image   = "${aws_ecr_repository.this.repository_url}:${var.image_tag}"
  origins = [for host in var.hosts : "https://${host}"]

  environment = merge({
    ALLOWED_HOSTS           = join(",", var.hosts)
    CSRF_TRUSTED_ORIGINS    = join(",", local.origins)
    BEHIND_PROXY            = "true"
    STORAGE                 = "s3"
    AWS_STORAGE_BUCKET_NAME = module.storage.bucket
    AWS_S3_REGION_NAME      = var.region
    OCR_ENGINE              = var.ocr_engine
    GUIDELINE_ENGINE        = var.guideline_engine
    LOG_FORMAT              = "json"
    }, var.oidc_server_url == "" ? {} : {
    OIDC_SERVER_URL = var.oidc_server_url
    OIDC_CLIENT_ID  = var.oidc_client_id
  }, var.settings)

  secret_names = concat(
    ["SECRET_KEY", "DATABASE_URL"],
    contains([var.ocr_engine, var.guideline_engine], "openai") ? ["OPENAI_API_KEY"] : [],
    var.oidc_server_url == "" ? [] : ["OIDC_CLIENT_SECRET"],
  )

  # What everything that runs our image is given.
  product = {
    image              = local.image
    repository_arn     = aws_ecr_repository.this.arn
    environment        = local.environment
    secrets            = module.secrets.arns
    access_policy      = module.storage.access_policy
    security_group_ids = [module.network.application_security_group_id]
  }

  # A page needs a processor for a second or two; a model's answer needs patience and little else.
  pools = {
    cpu = { cpu = 2048, memory = 4096, processes = 2, max_tasks = 10, backlog_per_task = 60 }
    io  = { cpu = 512, memory = 2048, processes = 2, max_tasks = 4, backlog_per_task = 300 }
  }
}

module "network" {
  source = "../../modules/network"
  name   = local.name
}

module "database" {
  source                   = "../../modules/database"
  name                     = local.name
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.private_subnet_ids
  client_security_group_id = module.network.application_security_group_id
}

module "storage" {
  source  = "../../modules/storage"
  bucket  = var.bucket
  origins = local.origins
}

module "secrets" {
  source = "../../modules/secrets"
  prefix = local.name
  names  = toset(local.secret_names)
}

resource "aws_ecs_cluster" "this" {
  name = local.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

module "web_express" {
  source             = "../../modules/web-express"
  count              = var.web_runtime == "express" ? 1 : 0
  name               = "${local.name}-web"
  cluster            = aws_ecs_cluster_capacity_providers.this.cluster_name
  vpc_id             = module.network.vpc_id
  cidr               = module.network.cidr
  subnet_ids         = module.network.public_subnet_ids
  topic_arn          = aws_sns_topic.alarms.arn
  image              = local.product.image
  repository_arn     = local.product.repository_arn
  environment        = local.product.environment
  secrets            = local.product.secrets
  access_policy      = local.product.access_policy
  security_group_ids = local.product.security_group_ids
}

module "web_app_runner" {
  source             = "../../modules/app-runner"
  count              = var.web_runtime == "apprunner" ? 1 : 0
  name               = "${local.name}-web"
  subnet_ids         = module.network.private_subnet_ids
  topic_arn          = aws_sns_topic.alarms.arn
  image              = local.product.image
  repository_arn     = local.product.repository_arn
  environment        = local.product.environment
  secrets            = local.product.secrets
  access_policy      = local.product.access_policy
  security_group_ids = local.product.security_group_ids
}

module "worker" {
  source             = "../../modules/worker"
  for_each           = local.pools
  name               = "${local.name}-${each.key}"
  pool               = each.key
  cpu                = each.value.cpu
  memory             = each.value.memory
  processes          = each.value.processes
  max_tasks          = each.value.max_tasks
  backlog_per_task   = each.value.backlog_per_task
  cluster            = aws_ecs_cluster_capacity_providers.this.cluster_name
  subnet_ids         = module.network.private_subnet_ids
  image              = local.product.image
  repository_arn     = local.product.repository_arn
  environment        = local.product.environment
  secrets            = local.product.secrets
  access_policy      = local.product.access_policy
  security_group_ids = local.product.security_group_ids
}

module "sweep" {
  source             = "../../modules/sweep"
  name               = "${local.name}-sweep"
  cluster            = aws_ecs_cluster_capacity_providers.this.cluster_name
  subnet_ids         = module.network.private_subnet_ids
  image              = local.product.image
  repository_arn     = local.product.repository_arn
  environment        = local.product.environment
  secrets            = local.product.secrets
  access_policy      = local.product.access_policy
  security_group_ids = local.product.security_group_ids
}
