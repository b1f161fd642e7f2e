"""Logits, labels -> better kernels."""
