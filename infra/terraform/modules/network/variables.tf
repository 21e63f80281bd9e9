variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "cidr" {
  description = "Addresses of the network, a /16."
  type        = string
  default     = "10.40.0.0/16"
}

variable "zones" {
  description = "Availability zones; two at least, for the database and the web."
  type        = number
  default     = 2
}

