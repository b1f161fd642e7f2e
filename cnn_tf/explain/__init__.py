"""One node of an op, term by term, forward and backward."""
