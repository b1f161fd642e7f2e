"""Tests of memory.py."""

import dataclasses
import os
from unittest import mock

from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.network import geometry
from cnn_tf.run import layers
from cnn_tf.run import memory
from cnn_tf.run import settings as settings_lib


def _trace(text):
  return geometry.trace(layers.parse(text), (28, 28, 1))


class MemoryTest(parameterized.TestCase):
  @parameterized.parameters(('momentum', 3), ('rmsprop', 3), ('adam', 4))
  def test_softmax_regression_on_paper(self, optimizer, copies):
    settings = settings_lib.Settings(
      optimizer=optimizer, batch_size=100, average=0.0
    )
    parameters, activations = memory.predict(_trace(''), settings, 2)
    self.assertEqual(parameters, 4 * 7850 * copies * 2)
    self.assertEqual(activations, 4 * 10 * 2 * 100)

  def test_an_average_is_one_copy_more(self):
    without, averaged = (
      memory.predict(_trace(''), settings_lib.Settings(average=decay), 1)
      for decay in (0.0, 0.999)
    )
    self.assertEqual(averaged[0] - without[0], 4 * 7850)
    self.assertEqual(averaged[1], without[1])

  def test_every_optimizer_is_known(self):
    [field] = [
      field
      for field in dataclasses.fields(settings_lib.Settings)
      if field.name == 'optimizer'
    ]
    for optimizer in field.metadata['bounds']['choices']:
      settings = settings_lib.Settings(optimizer=optimizer)
      self.assertGreater(memory.predict(_trace(''), settings, 1)[0], 0)

  def test_every_layer_keeps_its_output(self):
    settings = settings_lib.Settings(batch_size=1)
    _, activations = memory.predict(
      _trace('conv 3 3x3, maxpool 2x2, dense 5'), settings, 1
    )
    values = 26 * 26 * 3 + 13 * 13 * 3 + 5 + 10
    self.assertEqual(activations, 4 * 2 * values)

  def test_dropout_keeps_its_output_too(self):
    settings = settings_lib.Settings(batch_size=1)
    _, plain = memory.predict(_trace('dense 5'), settings, 1)
    _, dropped = memory.predict(_trace('dense 5 dropout 0.5'), settings, 1)
    self.assertEqual(dropped - plain, 4 * 2 * 5)

  def test_what_does_not_fit_is_one_line_of_numbers(self):
    geometries = _trace('dense 9999, dense 9999')
    settings = settings_lib.Settings(
      optimizer='momentum', batch_size=1000, average=0.0
    )
    parameters, activations = memory.predict(geometries, settings, 1)
    # The arrays, and 1.75 copies.
    needed = parameters + activations + 1100
    with mock.patch.object(memory, 'total', return_value=needed):
      memory.check(geometries, settings, 1, 400)
      with self.assertRaises(errors.UserError) as caught:
        memory.check(geometries, settings, 1, 401)
    self.assertEqual(
      str(caught.exception),
      'training needs about 1.5 GB of memory, of which there are 1.5 GB: '
      '1.3 GB for --layers with --optimizer=momentum, 0.2 GB for activations '
      'at --batch_size=1000, and 0.0 GB for copies of the dataset',
    )
    with (
      mock.patch.object(memory, 'total', return_value=10**12),
      self.assertRaisesRegex(errors.UserError, '1,125.0 GB for copies'),
    ):
      memory.check(geometries, settings, 2, 250 * 10**9)

  def test_where_the_memory_is_not_known_nothing_is_refused(self):
    with mock.patch.object(memory, 'total', return_value=None):
      memory.check(
        _trace('dense 9999, dense 9999'), settings_lib.Settings(), 1, 0
      )

  def test_this_machine_has_memory(self):
    self.assertBetween(memory.total(), 1e8, 1e15)

  @parameterized.parameters((b'max\n', None), (b'123456\n', 123456))
  def test_a_container_may_have_less(self, content, expected):
    path = self.create_tempfile('memory.max', content, 'wb').full_path
    with mock.patch.object(memory, '_LIMITS', [path, '/no/such/file']):
      limit = memory.total()
    physical = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    self.assertEqual(limit, expected or physical)

  @parameterized.parameters(
    {'side_effect': ValueError}, {'side_effect': [1, -1]}
  )
  def test_the_number_of_pages_may_be_unknown(self, **answer):
    with (
      mock.patch.object(memory, '_LIMITS', []),
      mock.patch.object(os, 'sysconf', **answer),
    ):
      self.assertIsNone(memory.total())


if __name__ == '__main__':
  absltest.main()
