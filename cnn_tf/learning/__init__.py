"""Logits, labels -> loss, gradients, and new values of the variables."""
