"""A `Config` -> the folder of a finished run."""
