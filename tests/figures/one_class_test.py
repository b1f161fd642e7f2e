"""Tests of one_class.py."""

import numpy as np
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.figures import one_class


def group(caption, count, size, num_maps):
  random = np.random.default_rng(count)
  return one_class.Group(
    caption,
    random.integers(0, 256, [count, 28, 28], np.uint8),
    random.random([count, *size, num_maps], np.float32),
  )


class MosaicTest(absltest.TestCase):
  def test_tiles_stand_in_rows_with_blanks_between_them(self):
    # Two rows of one tile of 24x24, and of two: 26 pixels with their borders,
    # and as many between the groups.
    one = np.full([2, 1, 24, 24], 1, np.uint8)
    two = np.arange(4).reshape(2, 2, 1, 1) + np.zeros([2, 2, 24, 24])
    found = one_class.mosaic([one, two])
    self.assertEqual(found.shape, (2 * 26, 4 * 26))
    lines = found[[10, 36]][:, [10, 25, 40, 60, 90]]
    nan = np.nan
    np.testing.assert_array_equal(
      lines, [[1, nan, nan, 0, 1], [1, nan, nan, 2, 3]]
    )

  def test_small_tiles_are_enlarged_and_their_blanks_are_not(self):
    found = one_class.mosaic([np.array([[[[1, 2, 3]]]])])  # 8 times as large
    self.assertEqual(found.shape, (8 + 2, 24 + 2))
    np.testing.assert_array_equal(found[0, [0, 7, 8, 23]], [1, 1, 2, 3])


class OneClassTest(parameterized.TestCase):
  @parameterized.parameters(((5, 6), 4), ((1, 1), 40), ((3, 3), 33))
  def test_there_is_a_row_per_map_and_a_tile_per_image(self, size, num_maps):
    groups = [group('4', 3, size, num_maps), group('9', 2, size, num_maps)]
    figure = one_class.one_class('conv1', groups, 'images of 4', 'run r')
    texts = [text.get_text() for text in figure.texts]
    self.assertEqual(texts[:2], ['conv1: images of 4', 'run r'])
    numbers = [text for text in texts[2:] if text.isdecimal()]
    columns = 1 if num_maps <= 32 else 2
    expected = [str(number) for number in range(num_maps)]
    self.assertCountEqual(numbers, expected + ['4', '9'] * columns)
    shown = [panel.images[0] for panel in figure.axes if panel.images]
    for picture in shown[1 : 2 * columns : 2]:
      values = picture.get_array().compressed()
      self.assertContainsSubset(
        np.unique(values), np.concatenate([g.values.ravel() for g in groups])
      )

  def test_the_maps_of_an_image_stand_below_it(self):
    groups = [group('4', 3, (24, 24), 2), group('9', 2, (24, 24), 2)]
    figure = one_class.one_class('conv1', groups, 'images of 4', 'run r')
    images, maps = (p.images[0].get_array() for p in figure.axes[:2])
    side = 30  # images of 28, with their borders of 2
    np.testing.assert_array_equal(
      images[:28, 2 * side : 2 * side + 28], groups[0].images[2]
    )
    side = 26
    np.testing.assert_array_equal(
      maps[side : side + 24, 5 * side : 5 * side + 24],
      groups[1].values[1, :, :, 1],
    )


if __name__ == '__main__':
  absltest.main()
