variable "name" {
  description = "Name of the service."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets that requests of the web to others go through."
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

variable "product" {
  description = "What everything that runs our image is given."
  type = object({
    image          = string
    repository_arn = string
    environment    = map(string)
    access_policy  = string
  })
}

variable "hosts" {
  description = "Names of your own; the records that prove them are in the output."
  type        = list(string)
}
