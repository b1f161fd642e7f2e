"""The first page: it does what the general code does, and nothing is hidden."""

import ast
import contextlib
import io
import re
from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf import first
from cnn_tf.data import datasets
from cnn_tf.learning import optimizers
from cnn_tf.learning import train_step
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib

_NAMES = ('conv1', 'conv2', 'conv3', 'dense1', 'logits')


def _source():
  with open(first.__file__) as file:
    return file.read()


def _restored():
  """Puts all variables back at the end."""
  stack = contextlib.ExitStack()
  for variable in [*first.variables, *first.velocities]:
    stack.callback(variable.assign, variable.numpy())
  return stack


class FirstTest(tf.test.TestCase):
  def test_a_step_is_that_of_train_step(self):
    specs = layers.parse(settings_lib.REFERENCE_LAYERS)
    network = model.ConvNet(geometry.trace(specs, (28, 28, 1)), seed=0)
    for name, kernel, bias in zip(
      _NAMES, first.kernels, first.biases, strict=True
    ):
      network.kernels[name].assign(kernel)
      network.biases[name].assign(bias)
    momentum = optimizers.Momentum(network.trainable_variables, first.MOMENTUM)
    train = datasets.load('mnist').train
    with _restored():
      for start in (0, 64, 128):  # the velocity counts from the second step on
        images = datasets.to_float(train.images[start : start + 64])
        labels = tf.constant(train.labels[start : start + 64], tf.int32)
        rate = tf.constant(0.05)
        loss = train_step.train_step(
          network, momentum, rate, images, labels, first.L2_SCALE
        )
        self.assertAllClose(first.step(images, labels, rate), loss, 1e-6, 1e-6)
        for name, kernel, bias in zip(
          _NAMES, first.kernels, first.biases, strict=True
        ):
          self.assertAllClose(kernel, network.kernels[name], 1e-6, 1e-6)
          self.assertAllClose(bias, network.biases[name], 1e-6, 1e-6)

  def test_it_learns_and_prints_few_lines(self):
    whole = datasets.load('mnist')
    part = whole._replace(
      train=datasets.Examples(*(x[:6400] for x in whole.train)),
      test=datasets.Examples(*(x[:1000] for x in whole.test)),
    )
    with (
      _restored(),
      mock.patch.object(datasets, 'load', return_value=part),
      contextlib.redirect_stdout(io.StringIO()) as printed,
    ):
      first.main()
    *steps, last = printed.getvalue().splitlines()
    self.assertLen(steps, 1)
    percent = float(re.match(r'([0-9.]+)% of the test images', last)[1])
    self.assertBetween(percent, 85, 99)

  def test_the_initial_kernels_have_the_variance_of_he(self):
    for kernel in first.kernels:
      fan_in = np.prod(kernel.shape[:-1])
      self.assertAllClose(np.std(kernel), np.sqrt(2 / fan_in), rtol=0.15)

  def test_it_hides_nothing(self):
    tree = ast.parse(_source())
    imported = [
      node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    ]
    self.assertEqual(
      [(node.module, [n.name for n in node.names]) for node in imported],
      [('cnn_tf.data', ['datasets'])],
    )
    self.assertFalse([n for n in ast.walk(tree) if isinstance(n, ast.ClassDef)])

  def test_it_is_one_page(self):
    documentation = {
      line
      for node in ast.walk(ast.parse(_source()))
      if isinstance(node, ast.Module | ast.FunctionDef)
      for line in range(node.body[0].lineno, node.body[0].end_lineno + 1)
    }
    code = [
      line
      for number, line in enumerate(_source().splitlines(), 1)
      if number not in documentation
      and line.strip()
      and not line.strip().startswith('#')
    ]
    self.assertLessEqual(len(code), 65)


if __name__ == '__main__':
  tf.test.main()
