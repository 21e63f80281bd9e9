"""The product with one more kind of job, whose every effect is a row that can be counted, and processes that die."""
