# A first plan and what it makes, with mocks and no account: `make check` runs it beside the provider's schema alone.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }

  mock_resource "aws_db_instance" {
    defaults = { master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:1:secret:master" }] }
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
    condition     = toset(keys(module.worker)) == toset(["cpu", "io"]) && length(module.web_express) == 1 && length(module.web_app_runner) == 0
    error_message = "Two pools, and one web on Express Mode."
  }

  assert {
    condition     = !anytrue([for names in values(local.secret_names) : contains(names, "OPENAI_API_KEY")])
    error_message = "Where no model is asked nothing has its key."
  }

  assert {
    condition     = [for task, names in local.secret_names : task if contains(names, "DJANGO_SUPERUSER_PASSWORD")] == ["release"]
    error_message = "The administrator's first password is for the release alone."
  }

  assert {
    condition     = aws_budgets_budget.month.limit_amount == "400" && length(aws_budgets_budget.month.notification) == 2
    error_message = "A budget, told of at 80 % and where 100 % is forecast."
  }

  assert {
    condition     = aws_sns_topic_subscription.email.endpoint == "on-call@example.org"
    error_message = "Alarms reach a person."
  }

  assert {
    condition     = local.environment.ALLOWED_HOSTS == "books.example.org" && local.environment.CSRF_TRUSTED_ORIGINS == "https://books.example.org"
    error_message = "The web answers to its own names, over TLS."
  }

  assert {
    condition     = output.domain_records == {}
    error_message = "Express Mode names no records of DNS."
  }
}

run "app_runner_with_names_of_its_own" {
  command = plan

  variables {
    web_runtime = "apprunner"
    hosts       = ["books.example.org", "x1.eu-central-1.awsapprunner.com"]
  }

  assert {
    condition     = length(module.web_express) == 0 && join(",", keys(output.domain_records)) == "books.example.org"
    error_message = "A name of one's own is associated, and AWS's is not."
  }
}

run "a_model_that_is_asked_needs_its_key" {
  command = plan

  variables {
    guideline_engine = "openai"
  }

  assert {
    condition     = [for task, names in local.secret_names : task if contains(names, "OPENAI_API_KEY")] == ["io", "web"]
    error_message = "The pool that asks has the key; the one that reads scans has not."
  }
}

run "single_sign_on_is_the_webs" {
  command = plan

  variables {
    oidc_server_url = "https://login.example.org"
    oidc_client_id  = "books"
  }

  assert {
    condition     = [for task, names in local.secret_names : task if contains(names, "OIDC_CLIENT_SECRET")] == ["web"]
    error_message = "Only the web signs people in."
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

run "hosts_are_named" {
  command = plan

  variables {
    hosts = ["*"]
  }

  expect_failures = [var.hosts]
}

# Without the release, which would run a task by the AWS CLI.
run "all_of_it_is_made" {
  override_module {
    target  = module.release
    outputs = { image = "bookpipeline:1" }
  }

  assert {
    condition     = output.database_master_secret == "arn:aws:secretsmanager:eu-central-1:1:secret:master"
    error_message = "RDS keeps the master's password, and the output names where."
  }

  assert {
    condition     = toset(keys(output.secrets)) == toset(["SECRET_KEY", "DATABASE_URL", "DJANGO_SUPERUSER_PASSWORD"])
    error_message = "What needs a value is named, and nothing else is."
  }
}
