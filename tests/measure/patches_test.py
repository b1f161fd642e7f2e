"""Tests of patches.py."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.data import datasets
from cnn_tf.measure import patches
from tests import small_run


class PatchesTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    ('conv 4 3x3', 100, 0),
    ('conv 4 3x3, maxpool 2x2, conv 5 3x3 same', 501, 2),
    ('dense 7', 100, 0),
  )
  def test_the_search_finds_the_same_patches_as_a_sort(
    self, layers, count, index
  ):
    run = small_run.untrained(layers, count)
    geometries = run.geometries[: index + 1]
    images = run.data.train.images
    best = patches.search(run.network, geometries, images)
    tensors = run.network.activations(datasets.to_float(images))
    values = tensors[geometries[-1].spec.name].numpy()
    if values.ndim == 2:
      values = values[:, np.newaxis, np.newaxis]
    self.assertAllClose(best.means, values.mean((1, 2)).max(0), atol=1e-6)
    rows, columns = patches.nodes_without_padding(geometries)
    inner = values[:, rows][:, :, columns].max((1, 2))
    expected = -np.sort(-inner, axis=0)[:9].T
    self.assertAllClose(best.scores, expected, atol=1e-6)
    for number in range(values.shape[-1]):
      for score, image, (y, x) in zip(
        best.scores[number],
        best.images[number],
        best.positions[number],
        strict=True,
      ):
        self.assertAllClose(values[image, y, x, number], score, atol=1e-6)

  def test_a_search_of_all_layers_finds_what_one_of_each_finds(self):
    run = small_run.untrained('conv 4 3x3, maxpool 2x2, conv 5 3x3 same', 501)
    ends = range(1, len(run.geometries) + 1)
    stacks = [run.geometries[:end] for end in ends]
    images = run.data.train.images
    found = patches.search_layers(run.network, stacks, images, 5)
    for stack, best in zip(stacks, found, strict=True):
      alone = patches.search(run.network, stack, images, 5)
      for part, expected in zip(best, alone, strict=True):
        self.assertAllClose(part, expected, atol=1e-6)

  @parameterized.parameters(
    ('conv 1 3x3', range(26)),
    ('conv 1 3x3 same', range(1, 27)),
    ('conv 1 3x3 same, conv 1 3x3 same', range(2, 26)),
    ('conv 1 3x3, conv 1 5x5 same', range(2, 24)),
    ('conv 1 29x29 same', [14]),
  )
  def test_nodes_that_see_padding_are_left_out(self, layers, expected):
    geometries = small_run.untrained(layers, 1).geometries[:-1]
    rows, columns = patches.nodes_without_padding(geometries)
    self.assertEqual(rows, list(expected))
    self.assertEqual(columns, list(expected))

  def test_a_patch_on_a_black_image_gives_the_score_of_its_node(self):
    run = small_run.untrained('conv 4 5x3, maxpool 2x2, conv 5 3x2')
    geometries = run.geometries[:3]
    best = patches.search(run.network, geometries, run.data.train.images)
    image, position = best.images[2, 0], best.positions[2, 0]
    patch = patches.cut(run.data.train.images[image], geometries, position)
    self.assertEqual(patch.shape, (10, 6))
    alone = np.zeros([1, 28, 28], np.uint8)
    y, x = 2 * position
    alone[0, y : y + 10, x : x + 6] = patch
    values = run.network.activations(datasets.to_float(alone))['conv2']
    self.assertAllClose(values[0, *position, 2], best.scores[2, 0])


if __name__ == '__main__':
  tf.test.main()
