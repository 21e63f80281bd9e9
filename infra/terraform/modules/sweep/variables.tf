variable "name" {
  description = "Name of the service."
  type        = string
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
