"""Speaking with model servers as they are: what a request says, what an answer or a refusal means. Knows no Django."""
