terraform {
  required_version = ">= 1.10"

  # Bucket and region: terraform init -backend-config=...
  backend "s3" {
    key          = "bookpipeline/production.tfstate"
    encrypt      = true
    use_lockfile = true
  }

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.50, < 7.0" # from there on Express Mode keeps the groups it is given; App Runner may go with 7
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { Application = "bookpipeline", Environment = "production" }
  }
}
