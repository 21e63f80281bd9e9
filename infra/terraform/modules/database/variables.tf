variable "name" {
  description = "Name of the server."
  type        = string
}

variable "vpc_id" {
  description = "Network it stands in."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets in two zones or more."
  type        = list(string)
}

variable "client_security_group_id" {
  description = "Who may connect."
  type        = string
}

variable "instance_class" {
  description = "Size; bounds the number of connections."
  type        = string
  default     = "db.t4g.medium"
}

variable "storage_gib" {
  description = "Storage at first; grows by itself to four times as much."
  type        = number
  default     = 50
}

variable "backup_days" {
  description = "Days to which the database can be brought back."
  type        = number
  default     = 14
}
