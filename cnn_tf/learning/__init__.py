"""Logits, labels -> loss, gradients, update."""
