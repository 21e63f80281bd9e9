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

  # Each is given the secrets that it needs and no others: whatever reads scans holds no provider's key.
  base_secrets  = concat(["SECRET_KEY", "DATABASE_URL"], var.secret_settings)
  model_secrets = contains([var.ocr_engine, var.guideline_engine], "openai") ? ["OPENAI_API_KEY"] : []
  secret_names = {
    web     = concat(local.base_secrets, local.model_secrets, var.oidc_server_url == "" ? [] : ["OIDC_CLIENT_SECRET"])
    cpu     = local.base_secrets
    io      = concat(local.base_secrets, local.model_secrets)
    sweep   = local.base_secrets
    release = concat(local.base_secrets, ["DJANGO_SUPERUSER_PASSWORD"])
  }
  secrets = { for task, names in local.secret_names : task => { for name in names : name => module.secrets.arns[name] } }

  # What everything that runs our image is given.
  product = {
    image          = local.image
    repository_arn = aws_ecr_repository.this.arn
    environment    = local.environment
    access_policy  = module.storage.access_policy
  }

  # Whatever takes its image from the release waits for its migrations, and nothing else waits: depends_on would put off
  # reading what Terraform only reads, and so replace endpoints and rewrite policies with each release.
  released = merge(local.product, { image = module.release.image })

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
  backup_days              = var.backup_days
}

module "storage" {
  source           = "../../modules/storage"
  bucket           = var.bucket
  origins          = local.origins
  old_version_days = var.old_version_days
}

module "secrets" {
  source = "../../modules/secrets"
  prefix = local.name
  names  = toset(flatten(values(local.secret_names)))
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

# Every service has its image from here: a new one starts on a database that has its migrations.
module "release" {
  source              = "../../modules/release"
  name                = "${local.name}-release"
  region              = var.region
  cluster             = aws_ecs_cluster_capacity_providers.this.cluster_name
  subnet_ids          = module.network.private_subnet_ids
  security_group_ids  = [module.network.application_security_group_id]
  product             = local.product
  secrets             = local.secrets.release
  first_administrator = var.first_administrator
  log_retention_days  = var.log_days
}

module "web_express" {
  source             = "../../modules/web-express"
  count              = var.web_runtime == "express" ? 1 : 0
  name               = "${local.name}-web"
  cluster            = aws_ecs_cluster_capacity_providers.this.cluster_name
  vpc_id             = module.network.vpc_id
  cidr               = module.network.cidr
  subnet_ids         = module.network.public_subnet_ids
  security_group_ids = [module.network.application_security_group_id]
  topic_arn          = aws_sns_topic.alarms.arn
  product            = local.released
  secrets            = local.secrets.web
  log_retention_days = var.log_days
}

module "web_app_runner" {
  source             = "../../modules/app-runner"
  count              = var.web_runtime == "apprunner" ? 1 : 0
  name               = "${local.name}-web"
  hosts              = var.hosts
  subnet_ids         = module.network.private_subnet_ids
  security_group_ids = [module.network.application_security_group_id]
  topic_arn          = aws_sns_topic.alarms.arn
  product            = local.released
  secrets            = local.secrets.web
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
  security_group_ids = [module.network.application_security_group_id]
  product            = local.released
  secrets            = local.secrets[each.key]
  log_retention_days = var.log_days
}

module "sweep" {
  source             = "../../modules/sweep"
  name               = "${local.name}-sweep"
  cluster            = aws_ecs_cluster_capacity_providers.this.cluster_name
  subnet_ids         = module.network.private_subnet_ids
  security_group_ids = [module.network.application_security_group_id]
  product            = local.released
  secrets            = local.secrets.sweep
  log_retention_days = var.log_days
}
