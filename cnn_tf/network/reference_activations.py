"""The activation functions and their derivatives, in plain NumPy."""

import numpy as np

# With these constants, normal inputs of mean 0 and variance 1 give outputs of
# mean 0 and variance 1 (Klambauer et al. 2017, "Self-Normalizing Neural
# Networks").
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


# np.where computes both of its branches, and exp would overflow for large x.
def _elu(x):
  return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _elu_derivative(x):
  return np.where(x > 0, 1, np.exp(np.minimum(x, 0)))


def _selu(x):
  return SELU_SCALE * np.where(
    x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0))
  )


def _selu_derivative(x):
  return SELU_SCALE * np.where(x >= 0, 1, SELU_ALPHA * np.exp(np.minimum(x, 0)))


def _sigmoid(x):
  return (1 + np.tanh(x / 2)) / 2  # 1 / (1 + exp(-x)), without overflow


# The function, and its derivative; at 0, where there is none, TensorFlow's.
ACTIVATIONS = {
  'relu': (lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0.0)),
  'elu': (_elu, _elu_derivative),
  'selu': (_selu, _selu_derivative),
  'tanh': (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
  'sigmoid': (_sigmoid, lambda x: _sigmoid(x) * (1 - _sigmoid(x))),
  'linear': (lambda x: x, np.ones_like),
}
