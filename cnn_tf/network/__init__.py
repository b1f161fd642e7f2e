"""Images -> logits.

  windows.py        one axis of a sliding window
  reference.py      every op and its gradient, in NumPy
  onednn.py       * what oneDNN gets wrong, and how to avoid it
  ops.py            the same ops by TensorFlow
  specs.py          what a layer is, and its shapes
  geometry.py       shapes, costs and receptive fields of a network
  reach.py        * which pixels can influence a node
  initializers.py   the initial value of a kernel
  model.py          `ConvNet`: variables, and one forward pass
  faster.py       * the same logits with less work
  backward.py       backpropagation by hand, through all layers

* beside the essential path
"""
