variable "name" {
  description = "Prefix of the two roles."
  type        = string
}

variable "repository_arn" {
  description = "The image's repository."
  type        = string
}

variable "log_group_arn" {
  description = "Where the task logs."
  type        = string
}

variable "secret_arns" {
  description = "The secrets that become environment variables."
  type        = list(string)
}

variable "access_policy" {
  description = "What the task itself may do, as a JSON policy."
  type        = string
}

