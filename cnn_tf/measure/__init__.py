"""A trained network -> numbers."""
