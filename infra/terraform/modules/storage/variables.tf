variable "bucket" {
  description = "Name of the bucket, unique in the world."
  type        = string
}

variable "origins" {
  description = "Where the application is served: the only pages that may send files."
  type        = list(string)
}

variable "old_version_days" {
  description = "Days for which what was deleted or overwritten is kept; as long as backups of the database, or longer."
  type        = number
}
