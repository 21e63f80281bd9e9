"""A site of its own for tests with real clusters: the product's settings and one more kind of job, naps."""
