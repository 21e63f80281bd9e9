output "address" {
  description = "Where the web answers."
  value       = aws_ecs_express_gateway_service.this.ingress_paths[*].endpoint
}
