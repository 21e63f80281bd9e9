variable "name" {
  description = "Name of the schedule."
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

variable "image" {
  description = "The image with its tag or digest."
  type        = string
}

variable "repository_arn" {
  description = "The image's repository."
  type        = string
}

variable "environment" {
  description = "Environment variables."
  type        = map(string)
}

variable "secrets" {
  description = "ARNs of secrets by environment variable."
  type        = map(string)
}

variable "access_policy" {
  description = "What the task may do, as a JSON policy."
  type        = string
}

