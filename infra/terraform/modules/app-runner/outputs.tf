output "address" {
  description = "Where the web answers."
  value       = aws_apprunner_service.this.service_url
}
