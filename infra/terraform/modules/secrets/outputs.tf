output "arns" {
  description = "The secret's ARN by the name of its environment variable."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}
