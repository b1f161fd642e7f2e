"""What race_test.py asks of PyTorch, in a process without TensorFlow.

Together in one process they can crash.
"""

from collections.abc import Sequence

import numpy as np

from benchmarks import racers
from benchmarks import recipes


def logits(
  recipe: recipes.Recipe,
  kernels: Sequence[np.ndarray],
  biases: Sequence[np.ndarray],
  images: np.ndarray,
) -> np.ndarray:
  """The logits that our kernels give, without dropout."""
  import torch

  network = _network(recipe, kernels, biases).eval()
  return network(torch.tensor(images)[:, None]).detach().numpy()


def first_kernel(
  recipe: recipes.Recipe,
  kernels: Sequence[np.ndarray],
  biases: Sequence[np.ndarray],
  images: np.ndarray,
  labels: np.ndarray,
  rates: Sequence[float],
) -> np.ndarray:
  """The first kernel, HWIO, after a step on this batch with each rate."""
  import torch

  network = _network(recipe, kernels, biases)
  step = racers._pytorch_step(network, network, recipe)
  batch = torch.tensor(images)[:, None], torch.tensor(labels).long()
  for rate in rates:
    step(*batch, rate)
  return network[0].weight.detach().numpy().transpose(2, 3, 1, 0)


def variances(recipe: recipes.Recipe) -> list[float]:
  """Those of the initial kernels."""
  parameters = racers.pytorch_network(recipe).parameters()
  return [float(p.var()) for p in parameters if p.ndim > 1]


def _network(recipe, kernels, biases):
  """Kernels HWIO -> OIHW; the first dense layer sees maps before pixels."""
  import torch

  network, num_maps = racers.pytorch_network(recipe), 1
  weighted = [layer for layer in network if hasattr(layer, 'weight')]
  for layer, kernel, bias in zip(weighted, kernels, biases, strict=True):
    if kernel.ndim == 4:
      weight, num_maps = kernel.transpose(3, 2, 0, 1), kernel.shape[-1]
    else:
      by_map = kernel.reshape(-1, num_maps, kernel.shape[1])
      weight, num_maps = by_map.T.reshape(kernel.shape[::-1]), 1
    layer.weight.data = torch.tensor(weight.copy())
    layer.bias.data = torch.tensor(bias)
  return network
