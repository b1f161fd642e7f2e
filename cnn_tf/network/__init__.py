"""Images -> logits.

windows.py                 one axis of a sliding window
specs.py                   what a layer is, and its shapes
geometry.py                shapes, costs and receptive fields of a network
ops.py                     the ops of a network
initializers.py            the initial value of a kernel
model.py                   `ConvNet`: variables, and the ops between them
reference.py               the ops in plain NumPy, forward and backward
reference_activations.py   activation functions and their derivatives
backward.py                backpropagation by hand, through all layers
"""
