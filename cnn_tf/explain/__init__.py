"""One node of an op, term by term, forward and backward.

case.py         the node: its layer, and small integers
typeset.py      numbers -> aligned text
window.py       the window of a node, in words and in grids
terms.py        the node and its gradient, term by term
comparison.py   the same node by TensorFlow
__main__.py     the command that explains a node
"""
