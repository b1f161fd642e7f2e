"""The commands that draw a run."""
