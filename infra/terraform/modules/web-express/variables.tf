variable "name" {
  description = "Name of the service."
  type        = string
}

variable "subnet_ids" {
  description = "Public subnets in two zones or more: in private ones the load balancer would be internal."
  type        = list(string)
}

variable "security_group_ids" {
  description = "What the web may reach."
  type        = list(string)
}

variable "secrets" {
  description = "ARNs of secrets by environment variable."
  type        = map(string)
}

variable "min_instances" {
  description = "Instances that always run; one at least."
  type        = number
  default     = 1

  validation {
    condition     = var.min_instances >= 1
    error_message = "At least one instance is provisioned at all times."
  }
}

variable "max_instances" {
  description = "Instances at most; a deployment doubles them for a while."
  type        = number
  default     = 4
}

variable "topic_arn" {
  description = "Who is told of errors."
  type        = string
}

variable "cluster" {
  description = "Name of the ECS cluster."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "cidr" {
  description = "Addresses of the network."
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

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
}
