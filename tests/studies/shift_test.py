"""Tests of shift.py."""

from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import layers
from cnn_tf.run import storage
from cnn_tf.studies import changed
from cnn_tf.studies import shift
from cnn_tf.studies import trained
from cnn_tf.studies.measure import shifts
from tests import miniature
from tests import small_data


def _network(name):
  """An untrained network for images on the canvas."""
  specs = layers.parse(shift.NETWORKS[name]['layers'])
  geometries = geometry.trace(specs, (shift.SIDE, shift.SIDE, 1))
  return model.ConvNet(geometries, seed=1), geometries


def _digits(count):
  images, labels = small_data.examples(count)
  return datasets.Examples(shift.on_canvas(images), labels)


class ShiftTest(tf.test.TestCase):
  def test_maps_moved_back_undo_shifts_by_multiples_of_4_pixels(self):
    network, _ = _network('dense')
    digits, distances = _digits(40), (1, 2, 3, 4, 5)
    plain = shifts.predictions(network, digits, distances)
    back = shifts.predictions(
      network, digits, distances, shift.moving_back(network)
    )
    self.assertLess(plain.agreement[3], 1)
    self.assertEqual(back.agreement[3], 1)
    self.assertLess(back.agreement[1], 1)
    self.assertEqual(back.agreement[0], plain.agreement[0])  # 0 nodes back
    # 1 pixel left of a node or right of one: the same maps, moved back.
    self.assertEqual(back.agreement[0], back.agreement[2])
    self.assertEqual(back.agreement[0], back.agreement[4])

  def test_a_global_pooling_has_the_period_of_4_pixels(self):
    for name in ('global maximum', 'global maximum, blurred'):
      network, geometries = _network(name)
      self.assertEqual(geometries[-3].output_shape, (1, 1, 32))
      images = _digits(20).images
      logits = [
        network(datasets.to_float(shifts.move(images, down, 0)))
        for down in (0, 2, 4)
      ]
      with self.subTest(name):
        self.assertAllEqual(logits[2], logits[0])
        self.assertNotAllClose(logits[1], logits[0], 1e-3)

  def test_no_node_that_sees_an_image_leaves_after_4_pixels(self):
    # Lit pixels in all corners of the image, so that each node that sees the
    # image has a value of its own.
    images = shift.on_canvas(np.full((1, 28, 28), 255, np.uint8))
    network, _ = _network('dense')

    def maps(down, right):
      moved = datasets.to_float(shifts.move(images, down, right))
      return network.activations(moved)['conv3/relu'].numpy()

    for down, right in shifts.DIRECTIONS:
      after = maps(4 * down, 4 * right)
      expected = np.roll(maps(0, 0), (down, right), (1, 2))
      # On some processors the last bit depends on where a node is.
      self.assertAllClose(after, expected, 1e-6, 1e-6)

  def test_the_error_of_conv3_is_0_only_at_multiples_of_4_pixels(self):
    network, geometries = _network('dense')
    errors = shifts.equivariance_errors(
      network, geometries, _digits(5).images, shift.DISTANCES
    )
    self.assertEqual(list(errors), ['conv1', 'conv2', 'conv3'])
    for name, zeros in (
      ('conv1', range(9)),
      ('conv2', range(0, 9, 2)),
      ('conv3', (0, 4, 8)),
    ):
      self.assertAllEqual(np.flatnonzero(errors[name] == 0), list(zeros))

  def test_the_same_images_are_shifted_in_the_same_order(self):
    examples = small_data.examples(20)
    with mock.patch.object(shift, 'NUM_IMAGES', 15):
      found, again = (shift.some(examples) for _ in range(2))
    self.assertAllEqual(found.labels, again.labels)
    places = [
      np.flatnonzero((examples.images == image).all(axis=(1, 2))).item()
      for image in found.images
    ]
    self.assertLen(set(places), 15)
    self.assertNotEqual(places, sorted(places))
    self.assertAllEqual(found.labels, examples.labels[places])

  @mock.patch.multiple(shift, NUM_IMAGES=30, NUM_OF_MAPS=10, DISTANCES=range(5))
  def test_the_report_agrees_with_the_runs(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    header, *rows = shift.measure(plan).table
    table = {row[0]: row[1:] for row in rows}
    self.assertEqual(header[1:], list('01234'))
    folder = changed.write(plan, 'canvas68', shift.on_canvas)
    for name, changes in shift.NETWORKS.items():
      [run] = trained.seeds(plan, data_dir=folder, **changes)
      test = shift.some(run.data.test)
      self.assertEqual(test.images.shape, (30, 68, 68))
      found = shifts.predictions(run.network, test, [3])
      for label, shares in zip(('accuracy', 'unchanged'), found, strict=True):
        cell = table[f'{name}: {label} (%)'][3]
        self.assertEqual(cell, f'{100 * shares[0]:.2f}')
    gain = float(table['global maximum - dense (points)'][4])
    one, dense = (
      float(table[f'{name}: accuracy (%)'][4])
      for name in ('global maximum', 'dense')
    )
    self.assertAllClose(gain, one - dense, atol=0.02)
    loss = float(table['dense - itself at 0 (points)'][4])
    at_0 = float(table['dense: accuracy (%)'][0])
    self.assertAllClose(loss, dense - at_0, atol=0.02)
    blurred = 'global maximum, blurred - global maximum, rate 0.03 (points)'
    self.assertIn(blurred, table)
    self.assertEqual(table['dense, conv3: error'][4], '0')
    self.assertNotEqual(table['dense, conv3: error'][2], '0')
    [shifted] = [x for x in shift.NETWORKS.values() if 'shift' in x]
    [workdir] = trained.folders(plan, data_dir=folder, **shifted)
    self.assertEqual(storage.read_settings(workdir).shift, 8)


if __name__ == '__main__':
  tf.test.main()
