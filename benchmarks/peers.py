"""The same network, data, batch, optimizer and L2 in each library.

Each function builds the reference network for Fashion-MNIST, in a process of
its own, and returns what is timed. `precision` is the type in which inputs and
kernels are multiplied, `float32` or `bfloat16`; variables, sums over examples,
the loss and updates are float32 in both.
"""

import functools
import pathlib
import tempfile
import time
from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import numpy as np

BATCH_SIZE = 128
RATE, MOMENTUM, L2_SCALE = 0.05, 0.9, 5e-4
NUM_TEST_IMAGES = 10000
MATMUL_SIZE = 1024
PRECISIONS = ('float32', 'bfloat16')
WARM_UP_STEPS = 10
# The fastest of 100, 500 and 1,000 for each library. PyTorch is two to
# three times as fast with 100 as with 500.
EVALUATION_BATCH = {
  'Keras': 500,
  'TensorFlow': 1000,
  'PyTorch': 100,
  'JAX': 1000,
  'OpenVINO': 100,
}


class Work(NamedTuple):
  """What is timed; None if there is no such thing."""

  train: Callable[[int], float] | None  # number of steps -> their seconds
  evaluate: Callable[[], object] | None  # on all test images


class Peer(NamedTuple):
  """A library, with the setting in which it is used."""

  library: str
  setting: str

  def __str__(self):
    return ', '.join(filter(None, self))


def ours(precision: str, num_replicas: str, layers: str | None = None) -> Work:
  """This project, as in a run: the loop over steps is in the graph.

  `layers` takes the place of the reference network.
  """
  import tensorflow as tf

  from cnn_tf.data import datasets
  from cnn_tf.run import evaluation
  from cnn_tf.run import replicas
  from cnn_tf.run import settings as settings_lib
  from cnn_tf.run import trainer as trainer_lib

  settings = settings_lib.Settings(
    layers=settings_lib.REFERENCE_LAYERS if layers is None else layers,
    precision=precision,
    average=0.0,
    l2_scale=L2_SCALE,
    label_smoothing=0.0,
    batch_size=BATCH_SIZE,
    optimizer='momentum',
    momentum=MOMENTUM,
    lr_schedule='constant',
    learning_rate=RATE,
  )
  strategy = replicas.make_strategy(num_replicas, BATCH_SIZE)
  data = datasets.load('fashion')
  geometries = trainer_lib.geometries(settings, data)
  trainer = trainer_lib.Trainer(settings, data, geometries, strategy)
  order = datasets.order(len(data.train.labels), 0, 1)

  def train(num_steps):
    num_images = tf.constant(num_steps * BATCH_SIZE)
    trainer.train_steps(order, tf.constant(0), num_images).all_finite.numpy()

  return Work(
    _timed(train), evaluation.Evaluation(trainer.network, data.test, strategy)
  )


def keras(precision: str, steps_per_execution: int) -> Work:
  """Keras `fit` and `evaluate`."""
  import tensorflow as tf

  network = _keras_network(precision)
  network.compile(
    tf.keras.optimizers.SGD(RATE, MOMENTUM),
    tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=['accuracy'],
    steps_per_execution=steps_per_execution,
  )
  (images, labels), test = _float_arrays()
  evaluated = keras_dataset(*test, EVALUATION_BATCH['Keras'])

  class Stopwatch(tf.keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
      self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
      self.seconds = time.perf_counter() - self.started

  def train(num_steps):
    # A call of `fit` has fixed costs, which a long training pays once, so only
    # the second epoch counts.
    stopwatch, count = Stopwatch(), num_steps * BATCH_SIZE
    batches = keras_dataset(
      images[:count], labels[:count], BATCH_SIZE, shuffle=True
    )
    network.fit(batches, epochs=2, callbacks=[stopwatch], verbose=0)
    return stopwatch.seconds

  return Work(train, lambda: network.evaluate(evaluated, verbose=0))


def keras_dataset(
  images: np.ndarray, labels: np.ndarray, batch_size: int, shuffle: bool = False
) -> Any:
  """The batches for Keras, as a `tf.data.Dataset` without autotuning.

  With autotuning, which is on for arrays too, an epoch of `fit` runs at either
  of two speeds: all ops use two threads, or one. Shuffled batches are whole.
  """
  import tensorflow as tf

  batches = tf.data.Dataset.from_tensor_slices((images, labels))
  if shuffle:
    batches = batches.shuffle(len(images))
  batches = batches.batch(batch_size, drop_remainder=shuffle)
  options = tf.data.Options()
  options.autotune.enabled = False
  return batches.with_options(options)


def tf_function(precision: str, jit_compile: bool = False) -> Work:
  """A plain `tf.function` step, fed from Python, Keras for the layers."""
  import tensorflow as tf

  network = _keras_network(precision)
  optimizer = tf.keras.optimizers.SGD(RATE, MOMENTUM)
  (images, labels), test = _float_arrays()
  test_images = tf.constant(test[0])

  @tf.function(jit_compile=jit_compile)
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

  predict = tf.function(
    lambda images: tf.argmax(network(images), 1), jit_compile=jit_compile
  )

  def train(num_steps):
    for batch in _batches(num_steps):
      loss = step(images[batch], labels[batch])
    loss.numpy()

  size = EVALUATION_BATCH['TensorFlow']

  def evaluate():
    for start in range(0, NUM_TEST_IMAGES, size):
      predict(test_images[start : start + size]).numpy()

  return Work(_timed(train), evaluate)


def pytorch(
  precision: str, channels_last: bool = False, compiled: bool = False
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
  autocast = functools.partial(
    torch.autocast, 'cpu', torch.bfloat16, enabled=precision == 'bfloat16'
  )
  (images, labels), (test_images, _) = [
    (torch.tensor(x).permute(0, 3, 1, 2).contiguous(), torch.tensor(y).long())
    for x, y in _float_arrays()
  ]

  def train(num_steps):
    for batch in _batches(num_steps):
      batch = torch.from_numpy(batch)
      inputs = images[batch].to(memory_format=layout)
      optimizer.zero_grad(set_to_none=True)
      with autocast():
        logits = forward(inputs)
      loss_function(logits.float(), labels[batch]).backward()
      optimizer.step()

  @torch.no_grad()
  def evaluate():
    for part in test_images.split(EVALUATION_BATCH['PyTorch']):
      with autocast():
        forward(part.to(memory_format=layout)).argmax(1)

  return Work(_timed(train), evaluate)


def jax(precision: str) -> Work:
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

  def multiply(x, kernel):
    x, kernel = x.astype(precision), kernel.astype(precision)
    if kernel.ndim == 4:
      layout = ('NHWC', 'HWIO', 'NHWC')
      x = lax.conv_general_dilated(
        x, kernel, (1, 1), 'VALID', dimension_numbers=layout
      )
    else:
      x = x.reshape(len(x), -1) @ kernel
    return x.astype('float32')

  def forward(weights, x):
    for index, (kernel, bias) in enumerate(zip(*weights, strict=True)):
      x = multiply(x, kernel) + bias
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
    for batch in _batches(num_steps):
      weights, velocities = step(
        weights, velocities, images[batch], labels[batch]
      )
    jax.block_until_ready(weights)

  size = EVALUATION_BATCH['JAX']

  def evaluate():
    for start in range(0, NUM_TEST_IMAGES, size):
      part = test_images[start : start + size]
      predict(weights, part).block_until_ready()

  return Work(_timed(train), evaluate)


def openvino(precision: str) -> Work:
  """OpenVINO, which only evaluates: a run's export, converted."""
  import openvino
  from openvino import properties

  from cnn_tf.data import datasets
  from cnn_tf.network import geometry
  from cnn_tf.network import model
  from cnn_tf.run import export
  from cnn_tf.run import layers
  from cnn_tf.run import settings

  specs = layers.parse(settings.REFERENCE_LAYERS)
  network = model.ConvNet(geometry.trace(specs, (28, 28, 1)), seed=0)
  with tempfile.TemporaryDirectory() as folder:
    export.export(network, (28, 28), pathlib.Path(folder, 'export'))
    converted = openvino.convert_model(pathlib.Path(folder, 'export'))
  types = {'float32': openvino.Type.f32, 'bfloat16': openvino.Type.bf16}
  compiled = openvino.compile_model(
    converted,
    'CPU',
    {
      properties.hint.performance_mode(): 'THROUGHPUT',
      properties.hint.inference_precision(): types[precision],
    },
  )
  requests = openvino.AsyncInferQueue(compiled)
  images = datasets.load('fashion').test.images
  size = EVALUATION_BATCH['OpenVINO']

  def evaluate():
    for start in range(0, NUM_TEST_IMAGES, size):
      requests.start_async({0: images[start : start + size]})
    requests.wait_all()

  return Work(None, evaluate)


def matmul(precision: str) -> Work:
  """TensorFlow's product of two square matrices: the roof of both kinds.

  A step is one product of `MATMUL_SIZE`.
  """
  import tensorflow as tf

  shape = [MATMUL_SIZE, MATMUL_SIZE]
  a = tf.cast(tf.random.stateless_normal(shape, [1, 2]), precision)
  multiply = tf.function(lambda a: tf.matmul(a, a))

  def train(num_steps):
    for _ in range(num_steps):
      product = multiply(a)
    product.numpy()

  return Work(_timed(train), None)


OURS = Peer('ours', 'auto replicas')  # as `run_train.py` without flags
ROOF = Peer('matmul', '')
PEERS = {
  OURS: functools.partial(ours, num_replicas='auto'),
  Peer('ours', '1 replica'): functools.partial(ours, num_replicas='1'),
  Peer('Keras', 'fit'): functools.partial(keras, steps_per_execution=1),
  Peer('Keras', 'fit, 50 steps per call'): functools.partial(
    keras, steps_per_execution=50
  ),
  Peer('TensorFlow', 'tf.function step'): tf_function,
  Peer('TensorFlow', 'tf.function step, XLA'): functools.partial(
    tf_function, jit_compile=True
  ),
  Peer('PyTorch', ''): pytorch,
  Peer('PyTorch', 'channels last'): functools.partial(
    pytorch, channels_last=True
  ),
  Peer('PyTorch', 'channels last, compiled'): functools.partial(
    pytorch, channels_last=True, compiled=True
  ),
  Peer('JAX', ''): jax,
  Peer('OpenVINO', ''): openvino,
  ROOF: matmul,
}


def _timed(train):
  """`train`, returning its seconds; steps that do not count come first."""

  def train_timed(num_steps):
    train(WARM_UP_STEPS)
    started = time.perf_counter()
    train(num_steps)
    return time.perf_counter() - started

  return train_timed


def _batches(num_steps):
  """The indices of each batch, shuffled."""
  order = np.random.default_rng(0).permutation(55000)
  return order[: num_steps * BATCH_SIZE].reshape(num_steps, BATCH_SIZE)


def _float_arrays():
  """What these libraries expect: (images float32, labels int32), twice."""
  from cnn_tf.data import datasets

  data = datasets.load('fashion')
  return [
    (part.images[..., None].astype(np.float32) / 255, part.labels.astype('i4'))
    for part in (data.train, data.test)
  ]


def _keras_network(precision):
  import tensorflow as tf

  if precision == 'bfloat16':
    tf.keras.mixed_precision.set_global_policy('mixed_bfloat16')
  layers = tf.keras.layers
  # The L2 penalty of Keras has no factor 1/2.
  l2 = {'kernel_regularizer': tf.keras.regularizers.L2(L2_SCALE / 2)}
  relu = {'activation': 'relu'} | l2
  return tf.keras.Sequential(
    [
      tf.keras.Input((28, 28, 1)),
      *(layers.Conv2D(32, 3, **relu), layers.MaxPool2D()),
      *(layers.Conv2D(64, 3, **relu), layers.MaxPool2D()),
      *(layers.Conv2D(64, 3, **relu), layers.Flatten()),
      *(layers.Dense(100, **relu), layers.Dense(10, **l2)),
      # The loss is float32 in either precision.
      layers.Activation('linear', dtype='float32'),
    ]
  )
