"""The guideline engine that asks a language model. Imports neither Django nor a vendor: it is given a way to ask."""

from books.extraction.openai.engine import OpenAIEngine

__all__ = ["OpenAIEngine"]
