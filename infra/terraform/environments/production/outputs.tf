output "web_address" {
  description = "Where the web answers; belongs into hosts, or behind a name of your own."
  value       = var.web_runtime == "express" ? module.web_express[0].address : [module.web_app_runner[0].address]
}

output "repository" {
  value = aws_ecr_repository.this.repository_url
}

output "database_address" {
  value = module.database.address
}

output "database_master_secret" {
  value = module.database.master_secret_arn
}

output "secrets" {
  description = "What needs a value before anything starts."
  value       = module.secrets.arns
}

output "domain_records" {
  description = "What to put into DNS for names of your own on App Runner."
  value       = var.web_runtime == "apprunner" ? module.web_app_runner[0].domain_records : {}
}
