output "image" {
  description = "The image, once its release is done."
  value       = var.product.image
  depends_on  = [terraform_data.this]
}
