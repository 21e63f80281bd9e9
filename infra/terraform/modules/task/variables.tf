variable "name" {
  description = "Name of the task's family, roles and logs."
  type        = string
}

variable "product" {
  description = "What everything that runs our image is given."
  type = object({
    image          = string
    repository_arn = string
    environment    = map(string)
    access_policy  = string
  })
}

variable "command" {
  description = "What runs, as a list: signals reach it without a shell between."
  type        = list(string)
}

variable "secrets" {
  description = "ARNs of the secrets that this task needs, by environment variable."
  type        = map(string)
}

variable "environment" {
  description = "Environment variables beside the product's."
  type        = map(string)
  default     = {}
}

variable "cpu" {
  description = "CPU units."
  type        = number
  default     = 256
}

variable "memory" {
  description = "MiB."
  type        = number
  default     = 1024
}

variable "stop_timeout" {
  description = "Seconds from SIGTERM to SIGKILL; 120 at most."
  type        = number
  default     = 30
}

variable "health_command" {
  description = "Ends with 0 while the container is healthy; null for one that says so by running."
  type        = list(string)
  default     = null
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
}
