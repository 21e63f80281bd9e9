output "task_definition" {
  description = "Also runs commands: migrate, createsuperuser."
  value       = aws_ecs_task_definition.this.family
}
