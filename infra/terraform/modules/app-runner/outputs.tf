output "address" {
  description = "Where the web answers."
  value       = aws_apprunner_service.this.service_url
}

output "domain_records" {
  description = "Records that prove a name of your own, by the name."
  value       = { for host, each in aws_apprunner_custom_domain_association.this : host => each.certificate_validation_records }
}
