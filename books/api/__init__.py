"""The product's operations as JSON, for signed-in people and their scripts."""
