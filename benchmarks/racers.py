"""The whole recipe of a run in three libraries, epoch by epoch.

Each function trains in a process of its own. It waits for its turn before every
epoch and reports each epoch to a `Track`: this project as `run_train.py` does
it, Keras in one call of `fit` whose callback waits, PyTorch in the usual loop,
without counting its accuracy on the training images.
"""

import itertools
import os
import pathlib
import sys
import time
from multiprocessing import connection as connections
from typing import Any
from typing import NamedTuple

import numpy as np

from benchmarks import peers
from benchmarks import recipes
from benchmarks import workers
from cnn_tf.network import specs
from cnn_tf.run import command

OURS = peers.OURS
_STEPS_PER_CALL = 50  # as in run/loop.py
_KERAS = {
  'fit': (1, False),
  'fit, XLA': (1, True),
  'fit, 50 steps per call': (50, False),
  'fit, 50 steps per call, XLA': (50, True),
}
_COMPILED = 'channels last, compiled'
PEERS = [peers.Peer('Keras', setting) for setting in _KERAS] + [
  peers.Peer('PyTorch', 'channels last'),
  peers.Peer('PyTorch', _COMPILED),
]


class Lap(NamedTuple):
  """An epoch, as the process of a library has measured it."""

  train_seconds: float
  evaluate_seconds: float
  accuracy: float  # on the validation images
  first_step: float  # seconds from the start of the process to its end


class Track:
  """What a library tells the parent process.

  An epoch is `wait`, `stepped` after its first steps, `trained`, `validated`;
  after the last epoch come `wait` and `tested`.
  """

  def __init__(self, connection: connections.Connection, entered: float):
    """Takes the time at which the process was started, in Unix seconds."""
    self._connection = connection
    self._entered = entered
    self._preparing = None  # seconds before the first epoch
    self._first_step = None

  def wait(self) -> None:
    """Waits for the turn; the first time, says that all is ready."""
    if self._preparing is None:
      self._preparing = time.time() - self._entered
      self._connection.send('')
    if self._connection.recv() is None:
      sys.exit()
    self._started = time.perf_counter()

  def stepped(self) -> None:
    """Some steps are done; only the first of these calls counts."""
    if self._first_step is None:
      seconds = time.perf_counter() - self._started
      self._first_step = self._preparing + seconds

  def trained(self) -> None:
    """All steps of the epoch are done."""
    self._trained = time.perf_counter()

  def validated(self, accuracy: float) -> None:
    """The epoch ends."""
    now = time.perf_counter()
    lap = Lap(
      self._trained - self._started,
      now - self._trained,
      float(accuracy),
      self._first_step,
    )
    self._connection.send(lap)

  def tested(self, accuracy: float) -> None:
    """The race ends."""
    self._connection.send(float(accuracy))


def serve(
  peer: peers.Peer,
  recipe: recipes.Recipe,
  entered: float,
  log: pathlib.Path,
  connection: connections.Connection,
) -> None:
  """Races in this process; a missing library is reported to the parent."""
  workers.redirect_output(log)
  race = {'ours': ours, 'Keras': keras, 'PyTorch': pytorch}[peer.library]
  try:
    race(recipe, peer.setting, Track(connection, entered))
  except ImportError as error:
    connection.send(str(error))


def ours(recipe: recipes.Recipe, setting: str, track: Track) -> None:
  """This project, as in a run; `setting` is 'auto replicas'."""
  with command.silent_libraries():
    from cnn_tf.data import datasets
    from cnn_tf.run import evaluation
    from cnn_tf.run import replicas
    from cnn_tf.run import trainer as trainer_lib

  settings = recipe.settings
  strategy = replicas.make_strategy(setting.split()[0], settings.batch_size)
  data = datasets.load(
    settings.dataset, settings.data_dir, settings.num_validation
  )
  data = data._replace(
    train=datasets.Examples(*recipes.first(data.train, recipe.num_train)),
    validation=datasets.Examples(
      *recipes.first(data.validation, recipe.num_validation)
    ),
  )
  trainer = trainer_lib.Trainer(settings, data, recipe.layers, strategy)
  validate, test = (
    evaluation.Evaluation(trainer.predict, examples, strategy)
    for examples in (data.validation, data.test)
  )
  for epoch in range(1, settings.num_epochs + 1):
    track.wait()
    _train_ours(trainer, epoch, track)
    track.trained()
    track.validated(validate().accuracy)
  track.wait()
  track.tested(test().accuracy)


def keras(recipe: recipes.Recipe, setting: str, track: Track) -> None:
  """Keras: one `fit` over all epochs, with the same number of steps.

  With 50 steps per call, the first step is seen when 50 are done.
  """
  # Keras at its best: with oneDNN, which TensorFlow leaves off on some CPUs.
  os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '1')
  import tensorflow as tf

  settings = recipe.settings
  tf.keras.utils.set_random_seed(settings.seed)
  if settings.precision == 'bfloat16':
    tf.keras.mixed_precision.set_global_policy('mixed_bfloat16')
  network = keras_network(recipe)
  _compile_keras(network, recipe, *_KERAS[setting])
  _tell_first_step(network, track)
  classes = np.eye(recipe.num_classes, dtype=np.float32)
  size = peers.EVALUATION_BATCH['Keras']
  train, validation, test = (
    peers.keras_dataset(images[..., np.newaxis], classes[labels], *batches)
    for (images, labels), batches in zip(
      recipes.arrays(recipe),
      [(settings.batch_size, True), (size,), (size,)],
      strict=True,
    )
  )
  network.fit(
    train,
    epochs=settings.num_epochs,
    verbose=0,
    callbacks=[_pauses(track)],
    validation_data=validation,
  )
  track.wait()
  _, accuracy = network.evaluate(test, verbose=0)
  track.tested(accuracy)


def keras_network(recipe: recipes.Recipe) -> Any:
  """The network, with new kernels, as a `tf.keras.Sequential`."""
  import tensorflow as tf

  layers = tf.keras.layers
  pools = {'maxpool': layers.MaxPool2D, 'avgpool': layers.AvgPool2D}
  stack = [tf.keras.Input(recipe.layers[0].input_shape)]
  for layer in recipe.layers:
    spec = layer.spec
    match spec:
      case specs.Conv():
        window = spec.filters, spec.window, spec.stride, spec.padding
        stack.append(layers.Conv2D(*window, **_keras_kernel(recipe, spec)))
      case specs.Pool():
        pool = pools[spec.kind]
        stack.append(pool(spec.window, spec.stride, spec.padding))
      case specs.Dense():
        if len(layer.input_shape) > 1:
          stack.append(layers.Flatten())
        stack.append(layers.Dense(spec.units, **_keras_kernel(recipe, spec)))
    if spec.dropout:
      stack.append(layers.Dropout(spec.dropout))
  # The loss is float32 in either precision.
  stack.append(layers.Activation('linear', dtype='float32'))
  return tf.keras.Sequential(stack)


def pytorch(recipe: recipes.Recipe, setting: str, track: Track) -> None:
  """PyTorch: eager or compiled, with the fused Adam."""
  import torch

  settings = recipe.settings
  torch.manual_seed(settings.seed)
  network = pytorch_network(recipe).to(memory_format=torch.channels_last)
  forward = torch.compile(network) if setting == _COMPILED else network
  (images, labels), validation, test = (
    (torch.tensor(images)[:, None], torch.tensor(labels).long())
    for images, labels in recipes.arrays(recipe)
  )
  step = _pytorch_step(network, forward, recipe)
  rates = iter(recipe.rates.tolist())
  for _ in range(settings.num_epochs):
    track.wait()
    network.train()
    order = torch.randperm(recipe.num_train)[: recipe.images_per_epoch]
    for batch in order.split(settings.batch_size):
      step(images[batch], labels[batch], next(rates))
      track.stepped()
    track.trained()
    network.eval()
    track.validated(_pytorch_accuracy(forward, settings, *validation))
  track.wait()
  track.tested(_pytorch_accuracy(forward, settings, *test))


def pytorch_network(recipe: recipes.Recipe) -> Any:
  """The network, with new kernels, as a `torch.nn.Sequential`.

  Raises:
    ValueError: a layer pads its input.
  """
  from torch import nn

  pools = {'maxpool': nn.MaxPool2d, 'avgpool': nn.AvgPool2d}
  stack = []
  for layer in recipe.layers:
    spec = layer.spec
    if getattr(spec, 'padding', 'valid') != 'valid':
      raise ValueError(f'{spec.name}: only valid padding')
    match spec:
      case specs.Conv():
        num_channels = layer.input_shape[-1]
        window = num_channels, spec.filters, spec.window, spec.stride
        stack += _pytorch_activated(nn.Conv2d(*window), spec.activation)
      case specs.Pool():
        stack.append(pools[spec.kind](spec.window, spec.stride))
      case specs.Dense():
        if len(layer.input_shape) > 1:
          stack.append(nn.Flatten())
        dense = nn.Linear(*layer.kernel_shape)
        stack += _pytorch_activated(dense, spec.activation)
    if spec.dropout:
      stack.append(nn.Dropout(spec.dropout))
  return nn.Sequential(*stack)


def _train_ours(trainer, epoch, track):
  """Trains for an epoch: a call of one step, then 50 steps per call.

  Raises:
    ValueError: the training diverges.
  """
  import tensorflow as tf

  from cnn_tf.data import datasets

  batch_size = trainer.settings.batch_size
  end = trainer.steps_per_epoch * batch_size
  starts = range(batch_size, end, _STEPS_PER_CALL * batch_size)
  order = datasets.order(trainer.num_examples, trainer.settings.seed, epoch)
  for call in itertools.pairwise([0, *starts, end]):
    progress = trainer.train_steps(order, *map(tf.constant, call))
    if not progress.all_finite:
      raise ValueError(f'the training diverges in epoch {epoch}')
    track.stepped()


def _keras_kernel(recipe, spec):
  """What Keras is told about the kernel of a layer, and its activation."""
  import tensorflow as tf

  variances = {'relu': 2.0, 'selu': 1.0}
  initializer = 'glorot_uniform'
  if spec.activation in variances:
    initializer = tf.keras.initializers.VarianceScaling(
      variances[spec.activation], 'fan_in', 'untruncated_normal'
    )
  return {
    'activation': spec.activation,
    'kernel_initializer': initializer,
    # The L2 penalty of Keras has no factor 1/2.
    'kernel_regularizer': tf.keras.regularizers.L2(
      recipe.settings.l2_scale / 2
    ),
  }


def _compile_keras(network, recipe, steps_per_execution, jit_compile):
  import tensorflow as tf

  class Rates(tf.keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
      return tf.gather(recipe.rates, step)

  network.compile(
    tf.keras.optimizers.Adam(Rates(), *recipe.betas, recipe.epsilon),
    tf.keras.losses.CategoricalCrossentropy(
      from_logits=True, label_smoothing=recipe.settings.label_smoothing
    ),
    metrics=['accuracy'],
    steps_per_execution=steps_per_execution,
    jit_compile=jit_compile,
  )


def _tell_first_step(network, track):
  """Tells when the first call is done, without slowing the others.

  Keras would wait for every step if a callback had a method for batches.
  """
  network.make_train_function()
  train = network.train_function

  def first(iterator):
    logs = train(iterator)
    float(logs['loss'])  # waits for the step
    track.stepped()
    network.train_function = train
    return logs

  network.train_function = first


def _pauses(track):
  """A callback that waits for the turn before every epoch."""
  import tensorflow as tf

  class Pauses(tf.keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
      track.wait()

    def on_test_begin(self, logs=None):
      track.trained()

    def on_epoch_end(self, epoch, logs=None):
      track.validated(logs['val_accuracy'])

  return Pauses()


def _pytorch_activated(layer, activation):
  """A layer with new kernels, and its activation function."""
  from torch import nn

  if activation in ('relu', 'selu'):
    gain = {'relu': 'relu', 'selu': 'linear'}[activation]
    nn.init.kaiming_normal_(layer.weight, nonlinearity=gain)
  else:
    nn.init.xavier_uniform_(layer.weight)
  nn.init.zeros_(layer.bias)
  functions = {
    'relu': nn.ReLU,
    'selu': nn.SELU,
    'elu': nn.ELU,
    'tanh': nn.Tanh,
    'sigmoid': nn.Sigmoid,
    'linear': nn.Identity,
  }
  return [layer, functions[activation]()]


def _pytorch_step(network, forward, recipe):
  """The function that trains on a batch with a learning rate."""
  import torch

  settings = recipe.settings
  kernels = [p for p in network.parameters() if p.ndim > 1]
  biases = [p for p in network.parameters() if p.ndim == 1]
  # PyTorch's Adam adds weight decay to the gradient: it is an L2 penalty.
  optimizer = torch.optim.Adam(
    [
      {'params': kernels, 'weight_decay': settings.l2_scale},
      {'params': biases},
    ],
    betas=recipe.betas,
    eps=recipe.epsilon,
    fused=True,
  )
  loss = torch.nn.CrossEntropyLoss(label_smoothing=settings.label_smoothing)

  def step(images, labels, rate):
    for group in optimizer.param_groups:
      group['lr'] = rate
    optimizer.zero_grad(set_to_none=True)
    logits = _pytorch_logits(forward, settings, images)
    loss(logits.float(), labels).backward()
    optimizer.step()

  return step


def _pytorch_logits(forward, settings, images):
  import torch

  images = images.to(memory_format=torch.channels_last)
  is_low = settings.precision == 'bfloat16'
  with torch.autocast('cpu', torch.bfloat16, enabled=is_low):
    return forward(images)


def _pytorch_accuracy(forward, settings, images, labels):
  import torch

  size, num_correct = peers.EVALUATION_BATCH['PyTorch'], 0
  with torch.no_grad():
    for part, its_labels in zip(
      images.split(size), labels.split(size), strict=True
    ):
      logits = _pytorch_logits(forward, settings, part)
      num_correct += (logits.argmax(1) == its_labels).sum()
  return num_correct / len(labels)
