"""The screens: Django's admin, served as the whole product's interface."""
