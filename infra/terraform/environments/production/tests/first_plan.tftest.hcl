# terraform init -backend=false && terraform validate && terraform test: a first plan, with nothing made and no account.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  region              = "eu-central-1"
  image_tag           = "2026-11-24-1"
  hosts               = ["books.example.org"]
  bucket              = "example-org-bookpipeline-scans"
  alarm_email         = "on-call@example.org"
  budget_usd          = 400
  first_administrator = { name = "ada", email = "ada@example.org" }
}

run "first_plan_on_express" {
  command = plan

  assert {
    condition     = length(module.worker) == 2 && length(module.web_express) == 1 && length(module.web_app_runner) == 0
    error_message = "Two pools, and one web on Express Mode."
  }
}

run "a_model_that_is_asked_needs_its_key" {
  command = plan

  variables {
    guideline_engine = "openai"
  }

  assert {
    condition     = contains(local.secret_names.io, "OPENAI_API_KEY") && !contains(local.secret_names.cpu, "OPENAI_API_KEY")
    error_message = "The pool that asks has the key; the one that reads scans has not."
  }
}

run "old_versions_outlive_backups" {
  command = plan

  variables {
    backup_days      = 35
    old_version_days = 30
  }

  expect_failures = [var.old_version_days]
}
