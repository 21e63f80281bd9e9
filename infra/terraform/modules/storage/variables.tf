variable "bucket" {
  description = "Name of the bucket, unique in the world."
  type        = string
}

variable "origins" {
  description = "Where the application is served: the only pages that may send files."
  type        = list(string)
}

