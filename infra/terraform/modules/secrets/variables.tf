variable "prefix" {
  description = "Folder of the secrets' names."
  type        = string
}

variable "names" {
  description = "Environment variables whose values are secret."
  type        = set(string)
}

