output "bucket" {
  value = aws_s3_bucket.this.bucket
}

output "access_policy" {
  description = "The policy of a role that reads and writes scans."
  value       = data.aws_iam_policy_document.access.json
}
