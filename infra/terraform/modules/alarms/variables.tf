variable "name" {
  description = "Prefix of the alarms' names."
  type        = string
}

variable "topic_arn" {
  description = "Who is told."
  type        = string
}

variable "database" {
  description = "Identifier of the database server."
  type        = string
}

variable "max_connections" {
  description = "Connections that are too many."
  type        = number
  default     = 300
}

variable "free_storage_gib" {
  description = "Free storage that is too little, in GiB."
  type        = number
  default     = 10
}

variable "pools" {
  description = "Pools of workers of which one has to be alive each."
  type        = set(string)
}
