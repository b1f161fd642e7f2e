"""Tests of path.py."""

from unittest import mock

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.run import settings as settings_lib
from cnn_tf.studies import path
from cnn_tf.studies import trained
from tests import miniature


class PathTest(tf.test.TestCase):
  def test_the_widths_are_those_of_other_studies(self):
    self.assertEqual(path.layers(32), settings_lib.REFERENCE_LAYERS)
    self.assertEqual(path.layers(16), trained.SMALL_LAYERS)

  def test_one_seed_makes_no_pair(self):
    plan = miniature.plan(self.create_tempdir().full_path, seeds=1)
    with self.assertRaisesRegex(errors.UserError, '^a path needs two seeds'):
      path.measure(plan)

  @mock.patch.multiple(path, WIDTHS={'less': 8, path.HALF: 16})
  def test_the_report(self):
    plan = miniature.plan(self.create_tempdir().full_path, seeds=2)
    header, *rows = path.measure(plan).table
    table = {
      tuple(row[:2]): dict(zip(header[2:], map(float, row[2:]), strict=True))
      for row in rows
    }
    self.assertLen(table, 3 + 8)
    two, random, shuffled, restored, parted, ulp = (
      table[path.HALF, kind]
      for kind in (path.TWO, path.RANDOM, path.SHUFFLED, path.RESTORED)
      + ('another order from the start', path.ULP)
    )
    middle, ends, rise = (header[place] for place in (3, 2, 7))
    # The second network is the same one in any order.
    for kind in (path.WEIGHTS, path.ACTIVATIONS, path.RANDOM):
      self.assertEqual(table[path.HALF, kind][ends], two[ends])
    self.assertEqual(shuffled[ends], restored[ends])
    # A network that is put back has a constant line; in random order, it loses.
    self.assertEqual(restored[middle], restored[ends])
    self.assertEqual(restored[rise], 0)
    self.assertEqual(restored['variance, conv2'], 1)
    for lost in (random, shuffled):
      self.assertLess(lost['variance, conv2'], 0.8)
      self.assertGreater(lost[rise], 0.1)
    # After five steps, networks with the same start are close to each other.
    for near in (parted, ulp):
      self.assertLess(near[rise], 0.02)
      self.assertAllClose(near['variance, conv2'], 1, atol=0.02)


if __name__ == '__main__':
  tf.test.main()
