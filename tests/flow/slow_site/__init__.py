"""The product with engines that take their time, so that a test can kill a worker while it works."""
