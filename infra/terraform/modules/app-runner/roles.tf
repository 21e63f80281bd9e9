data "aws_iam_policy_document" "trust" {
  for_each = { access = "build.apprunner.amazonaws.com", instance = "tasks.apprunner.amazonaws.com" }

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [each.value]
    }
  }
}

data "aws_iam_policy_document" "pull" {
  statement {
    sid       = "Login"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # the one action here that knows no resource
  }

  statement {
    sid = "Pull"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer",
    ]
    resources = [var.product.repository_arn]
  }
}

data "aws_iam_policy_document" "secrets" {
  statement {
    sid       = "Secrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = values(var.secrets)
  }
}

resource "aws_iam_role" "access" {
  name               = "${var.name}-access"
  assume_role_policy = data.aws_iam_policy_document.trust["access"].json
}

resource "aws_iam_role_policy" "access" {
  name   = "pull"
  role   = aws_iam_role.access.id
  policy = data.aws_iam_policy_document.pull.json
}

resource "aws_iam_role" "instance" {
  name               = "${var.name}-instance"
  assume_role_policy = data.aws_iam_policy_document.trust["instance"].json
}

resource "aws_iam_role_policy" "secrets" {
  name   = "secrets"
  role   = aws_iam_role.instance.id
  policy = data.aws_iam_policy_document.secrets.json
}

resource "aws_iam_role_policy" "files" {
  name   = "files"
  role   = aws_iam_role.instance.id
  policy = var.product.access_policy
}
