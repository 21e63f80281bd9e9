variable "region" {
  description = "AWS region."
  type        = string
}

variable "image_tag" {
  description = "Tag of the image in the repository; tags are never moved."
  type        = string
}

variable "hosts" {
  description = "Host names under which browsers reach the web."
  type        = list(string)

  validation {
    condition     = length(var.hosts) > 0 && !contains(var.hosts, "*")
    error_message = "Name the hosts."
  }
}

variable "web_runtime" {
  description = "express (ECS Express Mode) or apprunner, for accounts that already used it."
  type        = string
  default     = "express"

  validation {
    condition     = contains(["express", "apprunner"], var.web_runtime)
    error_message = "The web runs on express or apprunner."
  }
}

variable "bucket" {
  description = "Name of the bucket of scans, unique in the world."
  type        = string
}

variable "alarm_email" {
  description = "Who is told of alarms."
  type        = string
}

variable "ocr_engine" {
  description = "OCR_ENGINE of web and workers."
  type        = string
  default     = "local"
}

variable "guideline_engine" {
  description = "GUIDELINE_ENGINE of web and workers."
  type        = string
  default     = "offline"
}

variable "oidc_server_url" {
  description = "Issuer of the OpenID Connect provider people sign on with; empty for passwords alone."
  type        = string
  default     = ""
}

variable "oidc_client_id" {
  description = "What that provider calls this application."
  type        = string
  default     = ""
}

variable "settings" {
  description = "Further variables of .env.example, such as OPENAI_MODEL or LLM_CONCURRENCY."
  type        = map(string)
  default     = {}
}

variable "secret_settings" {
  description = "Further ones that are secret, such as EMAIL_URL or SECRET_KEY_FALLBACKS: all tasks are given them."
  type        = list(string)
  default     = []
}

variable "first_administrator" {
  description = "Who is made where there is no administrator yet; the password is a secret."
  type = object({
    name  = string
    email = string
  })
}

variable "log_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 90
}

variable "backup_days" {
  description = "Days to which the database can be brought back."
  type        = number
  default     = 14
}

variable "old_version_days" {
  description = "Days for which deleted and overwritten files are kept; as long as backups, or longer."
  type        = number
  default     = 30

  validation {
    condition     = var.old_version_days >= var.backup_days
    error_message = "A restored database needs the files of its time: keep old versions as long as backups."
  }
}

variable "budget_usd" {
  description = "US dollars a month; the address of the alarms is told at 80 % and where 100 % is forecast."
  type        = number
}
