# Before anything of a new image starts: its migrations, and at the very first time an administrator. What fails here
# stops the deployment, and the release before goes on.

module "task" {
  source             = "../task"
  name               = var.name
  product            = var.product
  secrets            = var.secrets
  command            = ["python", "-m", "infra.release"]
  cpu                = 512
  log_retention_days = var.log_retention_days
  environment = {
    DJANGO_SUPERUSER_USERNAME = var.first_administrator.name
    DJANGO_SUPERUSER_EMAIL    = var.first_administrator.email
  }
}

resource "terraform_data" "this" {
  triggers_replace = [module.task.arn]

  provisioner "local-exec" {
    command = "${path.module}/run-task.sh"

    environment = {
      AWS_REGION      = var.region
      CLUSTER         = var.cluster
      TASK            = module.task.arn
      SUBNETS         = join(",", var.subnet_ids)
      SECURITY_GROUPS = join(",", var.security_group_ids)
    }
  }
}
