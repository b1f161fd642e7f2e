"""Tests of averages.py."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.tricks import averages


def _averages(values, decay, initial=7.0):
  """The average after each update, as the variable takes these values."""
  w, a = tf.Variable(initial), tf.Variable(initial)
  average = averages.Average([w], [a], decay)
  found = []
  for t, value in enumerate(values, 1):
    w.assign(value)
    average.update(tf.constant(t, tf.int64))
    found.append(a.numpy())
  return found


class AveragesTest(tf.test.TestCase, parameterized.TestCase):
  def test_three_updates_on_paper(self):
    # Weights 1; 1 and 1/2; 1, 1/2 and 1/4, divided by their sums.
    expected = [1.0, (4 + 0.5) / 1.5, (-2 + 4 / 2 + 1 / 4) / 1.75]
    self.assertAllClose(_averages([1.0, 4.0, -2.0], 0.5), expected)

  @parameterized.parameters(0.5, 0.9, 0.999, 0.99999)
  def test_the_initial_value_has_no_weight(self, decay):
    found = _averages([1.0] * 5, decay, initial=1e4)
    self.assertAllClose(found, [1.0] * 5, rtol=0, atol=5e-3)

  @parameterized.parameters(0.9, 0.999, 0.99999)
  def test_the_mean_with_powers_of_the_decay_as_weights(self, decay):
    values = np.random.default_rng(0).normal(size=300)
    weights = decay ** np.arange(299, -1, -1.0)
    expected = np.average(values, weights=weights)
    self.assertAllClose(_averages(values, decay)[-1], expected, atol=1e-5)

  def test_every_variable_has_an_average_of_its_own(self):
    variables = [tf.Variable([1.0, 2.0]), tf.Variable([[3.0]])]
    copies = [tf.Variable(tf.zeros(v.shape)) for v in variables]
    averages.Average(variables, copies, 0.9).update(tf.constant(1, tf.int64))
    self.assertAllClose(copies, [[1.0, 2.0], [[3.0]]])
    self.assertAllEqual(variables[0], [1.0, 2.0])


if __name__ == '__main__':
  tf.test.main()
