"""The same network, data, batch, optimizer and L2 in each library.

Each function builds a network in a process of its own and returns two others:
`train(num_steps)` and `evaluate()`, the latter on all 10,000 test images.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

RATE, MOMENTUM, L2_SCALE = 0.05, 0.9, 5e-4
EVALUATION_BATCH = 500


class Work(NamedTuple):
  """What is timed."""

  train: Callable[[int], None]
  evaluate: Callable[[], None]


def ours(batch_size: int, num_replicas: str) -> Work:
  """This project; an epoch is one permutation, as in a run."""
  import tensorflow as tf

  from cnn_tf.data import datasets
  from cnn_tf.learning import optimizers
  from cnn_tf.learning import schedules
  from cnn_tf.network import geometry
  from cnn_tf.network import model
  from cnn_tf.run import config
  from cnn_tf.run import evaluation
  from cnn_tf.run import layers
  from cnn_tf.run import replicas
  from cnn_tf.run import trainer

  strategy = replicas.make_strategy(num_replicas, batch_size)
  data = datasets.load('fashion')
  tf.config.experimental.enable_op_determinism()
  geometries = geometry.trace(
    layers.parse(config.REFERENCE_LAYERS), (28, 28, 1)
  )
  with replicas.scope(strategy):
    network = model.ConvNet(geometries, 0)
    optimizer = optimizers.Momentum(network.trainable_variables, MOMENTUM)
  ours = trainer.Trainer(
    network,
    optimizer,
    schedules.constant(RATE),
    L2_SCALE,
    data.train,
    batch_size,
    strategy,
  )
  order = datasets.order(len(data.train.labels), 0, 1)

  def train(num_steps):
    num_images = tf.constant(num_steps * batch_size)
    progress = ours.train_steps(order, tf.constant(0), num_images)
    progress.all_finite.numpy()

  return Work(train, evaluation.Evaluation(network, data.test, strategy))


def keras(batch_size: int, steps_per_execution: int = 1) -> Work:
  """Keras `fit` and `evaluate` on arrays."""
  import tensorflow as tf

  network = _keras_network()
  network.compile(
    tf.keras.optimizers.SGD(RATE, MOMENTUM),
    tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=['accuracy'],
    steps_per_execution=steps_per_execution,
  )
  (images, labels), test = _float_arrays()

  def train(num_steps):
    count = num_steps * batch_size
    network.fit(images[:count], labels[:count], batch_size, verbose=0)

  return Work(
    train,
    lambda: network.evaluate(*test, batch_size=EVALUATION_BATCH, verbose=0),
  )


def tf_function(batch_size: int) -> Work:
  """A plain `tf.function` step, fed from Python, Keras for the layers."""
  import tensorflow as tf

  network = _keras_network()
  optimizer = tf.keras.optimizers.SGD(RATE, MOMENTUM)
  (images, labels), test = _float_arrays()
  test_images = tf.constant(test[0])

  @tf.function
  def step(images, labels):
    with tf.GradientTape() as tape:
      logits = network(images, training=True)
      loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
      ) + tf.add_n(network.losses)
    variables = network.trainable_variables
    optimizer.apply_gradients(
      zip(tape.gradient(loss, variables), variables, strict=True)
    )
    return loss

  predict = tf.function(lambda images: tf.argmax(network(images), 1))

  def train(num_steps):
    for batch in _batches(num_steps, batch_size):
      loss = step(images[batch], labels[batch])
    loss.numpy()

  def evaluate():
    for start in range(0, len(test_images), EVALUATION_BATCH):
      predict(test_images[start : start + EVALUATION_BATCH]).numpy()

  return Work(train, evaluate)


def pytorch(
  batch_size: int, channels_last: bool = False, compiled: bool = False
) -> Work:
  """PyTorch, eager or compiled; L2 by weight decay on the kernels."""
  import torch
  from torch import nn

  network = nn.Sequential(
    *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
    *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
    *(nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten()),
    *(nn.Linear(576, 100), nn.ReLU(), nn.Linear(100, 10)),
  )
  layout = torch.channels_last if channels_last else torch.contiguous_format
  network = network.to(memory_format=layout)
  kernels = [p for p in network.parameters() if p.ndim > 1]
  biases = [p for p in network.parameters() if p.ndim == 1]
  groups = [{'params': kernels, 'weight_decay': L2_SCALE}, {'params': biases}]
  optimizer = torch.optim.SGD(groups, RATE, MOMENTUM)
  loss_function = nn.CrossEntropyLoss()
  forward = torch.compile(network) if compiled else network
  (images, labels), (test_images, _) = [
    (torch.tensor(x).permute(0, 3, 1, 2).contiguous(), torch.tensor(y).long())
    for x, y in _float_arrays()
  ]

  def train(num_steps):
    for batch in _batches(num_steps, batch_size):
      batch = torch.from_numpy(batch)
      inputs = images[batch].to(memory_format=layout)
      optimizer.zero_grad(set_to_none=True)
      loss_function(forward(inputs), labels[batch]).backward()
      optimizer.step()

  @torch.no_grad()
  def evaluate():
    for part in test_images.split(EVALUATION_BATCH):
      forward(part.to(memory_format=layout)).argmax(1)

  return Work(train, evaluate)


def jax(batch_size: int) -> Work:
  """JAX, a jitted step on arrays."""
  import jax
  from jax import lax
  from jax import numpy as jnp

  shapes = [
    (3, 3, 1, 32),
    (3, 3, 32, 64),
    (3, 3, 64, 64),
    (576, 100),
    (100, 10),
  ]
  keys = jax.random.split(jax.random.key(0), len(shapes))
  kernels = [
    jax.random.normal(key, shape) * np.sqrt(2 / np.prod(shape[:-1]))
    for key, shape in zip(keys, shapes, strict=True)
  ]
  weights = (kernels, [jnp.zeros(shape[-1]) for shape in shapes])
  velocities = jax.tree.map(jnp.zeros_like, weights)
  (images, labels), (test_images, _) = _float_arrays()

  def forward(weights, x):
    for index, (kernel, bias) in enumerate(zip(*weights, strict=True)):
      if kernel.ndim == 4:
        layout = ('NHWC', 'HWIO', 'NHWC')
        x = lax.conv_general_dilated(
          x, kernel, (1, 1), 'VALID', dimension_numbers=layout
        )
      else:
        x = x.reshape(len(x), -1) @ kernel
      x = x + bias
      x = x if index == 4 else jax.nn.relu(x)
      if index < 2:
        window = (1, 2, 2, 1)
        x = lax.reduce_window(x, -jnp.inf, lax.max, window, window, 'VALID')
    return x

  def loss(weights, images, labels):
    logs = jax.nn.log_softmax(forward(weights, images))
    penalty = sum((kernel**2).sum() for kernel in weights[0]) / 2
    picked = jnp.take_along_axis(logs, labels[:, None], axis=1)
    return -picked.mean() + L2_SCALE * penalty

  @jax.jit
  def step(weights, velocities, images, labels):
    slopes = jax.grad(loss)(weights, images, labels)
    velocities = jax.tree.map(lambda v, g: MOMENTUM * v + g, velocities, slopes)
    weights = jax.tree.map(lambda w, v: w - RATE * v, weights, velocities)
    return weights, velocities

  predict = jax.jit(lambda weights, images: forward(weights, images).argmax(1))

  def train(num_steps):
    nonlocal weights, velocities
    for batch in _batches(num_steps, batch_size):
      weights, velocities = step(
        weights, velocities, images[batch], labels[batch]
      )
    jax.block_until_ready(weights)

  def evaluate():
    for start in range(0, len(test_images), EVALUATION_BATCH):
      part = test_images[start : start + EVALUATION_BATCH]
      predict(weights, part).block_until_ready()

  return Work(train, evaluate)


PEERS = {
  'ours, auto': lambda batch_size: ours(batch_size, 'auto'),
  'ours, 1 replica': lambda batch_size: ours(batch_size, '1'),
  'Keras fit': keras,
  'Keras fit, 50 steps a call': lambda batch_size: keras(batch_size, 50),
  'tf.function step': tf_function,
  'PyTorch': pytorch,
  'PyTorch, channels last': lambda size: pytorch(size, channels_last=True),
  'PyTorch, compiled': lambda size: pytorch(size, compiled=True),
  'JAX': jax,
}


def _batches(num_steps, batch_size):
  """The indices of each batch, shuffled."""
  order = np.random.default_rng(0).permutation(55000)
  return order[: num_steps * batch_size].reshape(num_steps, batch_size)


def _float_arrays():
  """What these libraries expect: (images float32, labels int32), twice."""
  from cnn_tf.data import datasets

  data = datasets.load('fashion')
  return [
    (part.images[..., None].astype(np.float32) / 255, part.labels.astype('i4'))
    for part in (data.train, data.test)
  ]


def _keras_network():
  import tensorflow as tf

  layers = tf.keras.layers
  # Keras has no half in its L2.
  l2 = {'kernel_regularizer': tf.keras.regularizers.L2(L2_SCALE / 2)}
  relu = {'activation': 'relu'} | l2
  return tf.keras.Sequential(
    [
      tf.keras.Input((28, 28, 1)),
      *(layers.Conv2D(32, 3, **relu), layers.MaxPool2D()),
      *(layers.Conv2D(64, 3, **relu), layers.MaxPool2D()),
      *(layers.Conv2D(64, 3, **relu), layers.Flatten()),
      *(layers.Dense(100, **relu), layers.Dense(10, **l2)),
    ]
  )
