variable "name" {
  description = "Name of the service."
  type        = string
}

variable "pool" {
  description = "Which stages it works: cpu (reading pages) or io (asking models)."
  type        = string

  validation {
    condition     = contains(["cpu", "io"], var.pool)
    error_message = "The pools are cpu and io."
  }
}

variable "cpu" {
  description = "CPU units of a task."
  type        = number
}

variable "memory" {
  description = "MiB of a task."
  type        = number
}

variable "processes" {
  description = "Worker processes of a task."
  type        = number
}

variable "min_tasks" {
  description = "Tasks that always run, on Fargate proper."
  type        = number
  default     = 1
}

variable "max_tasks" {
  description = "Tasks at most; those above the minimum are on Spot."
  type        = number
}

variable "backlog_per_task" {
  description = "Open items a task before another one is started."
  type        = number
}

variable "cluster" {
  description = "Name of the ECS cluster, with Fargate and Fargate Spot."
  type        = string
}

variable "subnet_ids" {
  description = "Where the tasks run."
  type        = list(string)
}

variable "security_group_ids" {
  description = "What the tasks may reach."
  type        = list(string)
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

variable "secrets" {
  description = "ARNs of the secrets that this needs, by environment variable."
  type        = map(string)
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
}
