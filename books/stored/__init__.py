"""The types of what is stored as JSON, each at one place: pages are named by id. Pure."""
