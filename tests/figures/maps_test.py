"""Tests of maps.py."""

import numpy as np
import tensorflow as tf
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.figures import maps
from cnn_tf.figures import sheet


class MapsTest(parameterized.TestCase):
  def draw(self, values, dead=()):
    num_images, *_, num_maps = values.shape
    mask = np.isin(range(num_maps), dead)
    images = np.zeros([num_images, 28, 28], np.uint8)
    captions = [f'image {number}' for number in range(num_images)]
    return maps.maps('conv2', values, images, captions, 'run r', mask)

  @parameterized.parameters(
    (np.full([2, 8, 8], 200, np.uint8), (0, 255)),
    (np.full([2, 8, 8, 1], 200, np.uint8), (0, 255)),
    (np.full([2, 8, 8], 0.25, np.float32), (0, 1)),
    (np.full([2, 8, 8, 1], 0.25, np.float32), (0, 1)),
  )
  def test_values_and_images_are_enough(self, images, limits):
    values = np.ones([2, 3, 3, 6])
    figure = maps.maps('conv1', values, images)
    self.assertEqual(figure.texts[0].get_text(), 'conv1: 6 maps of 3x3')
    previews = [p.images[0] for p in figure.axes if len(p.images) == 1]
    self.assertLen(previews[:2], 2)
    for preview, image in zip(previews, images, strict=False):
      self.assertEqual(preview.get_clim(), limits)
      np.testing.assert_array_equal(
        preview.get_array(), image.reshape(image.shape[:2])
      )
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    self.assertNotIn('dead', texts)

  def test_tensors_are_drawn_like_arrays(self):
    values = np.random.default_rng(0).random([2, 5, 6, 10])
    images = np.random.default_rng(1).random([2, 8, 8, 1])
    drawn = maps.maps('conv1', tf.constant(values), tf.constant(images))
    expected = maps.maps('conv1', values, images)
    self.assertEqual(sheet.to_png(drawn), sheet.to_png(expected))

  @parameterized.parameters(1, 3, 4)
  def test_every_map_of_every_image_is_drawn(self, num_images):
    values = np.random.default_rng(0).random([num_images, 5, 6, 10])
    figure = self.draw(values)
    panels = [p for p in figure.axes if len(p.images) == 10]
    self.assertLen(panels, num_images)
    for panel, expected in zip(panels, values, strict=True):
      for number, shown in enumerate(panel.images):
        np.testing.assert_array_equal(shown.get_array(), expected[..., number])
        self.assertEqual(panel.texts[number].get_text(), str(number))
    texts = [text.get_text() for text in figure.texts]
    self.assertContainsSubset([f'image {num_images - 1}'], texts)

  def test_dead_maps_are_marked_and_counted(self):
    figure = self.draw(np.ones([2, 3, 3, 6]), dead=[1, 4])
    title = figure.texts[0].get_text()
    self.assertEqual(title, 'conv2: 6 maps of 3x3, 2 dead')
    marks = [
      text.get_text()
      for panel in figure.axes
      for text in panel.texts
      if text.get_text() == 'dead'
    ]
    self.assertLen(marks, 2 * 2)

  def test_the_scale_ends_below_the_largest_activation_which_is_labelled(self):
    values = np.zeros([1, 20, 20, 4])
    values[0, 0] = 2.0
    values[0, 5, 5, 0] = 7.5
    figure = self.draw(values)
    shown = figure.axes[1].images[0]
    self.assertEqual(shown.get_clim(), (0, 2))
    self.assertEqual(
      figure.axes[-1].get_title(), 'activation (largest magnitude: 7.5)'
    )

  def test_signed_maps_have_0_in_the_middle(self):
    figure = self.draw(np.array([-1.0, 3.0]).reshape(1, 1, 1, 2))
    self.assertEqual(figure.axes[1].images[0].get_clim(), (-3, 3))
    self.assertIn('2 units, none dead', figure.texts[0].get_text())


class ClassesTest(absltest.TestCase):
  def test_maps_are_sorted_by_class(self):
    means = np.array([[0.0, 9, 0, 1, 5], [3.0, 1, 0, 2, 2]])
    explained = np.array([0.9, 0.2, 0.0, 0.3, 0.6])
    dead = np.array([False, False, True, False, False])
    names = ['cat', 'dog']
    figure = maps.classes('c', means, explained, dead, names, 'run r')
    strip, panel, _ = figure.axes
    order = [
      4,
      1,
      0,
      3,
      2,
    ]  # cat: 4, 1, 0; dog: 3; dead: 2; within a class by `explained`
    ticks = panel.get_xticklabels()
    self.assertEqual([int(tick.get_text()) for tick in ticks], order)
    self.assertEqual([t.get_text() for t in panel.get_yticklabels()], names)
    np.testing.assert_array_equal(panel.images[0].get_array(), means[:, order])
    heights = [bar.get_height() for bar in strip.patches]
    np.testing.assert_array_equal(heights, explained[order])
    self.assertIn('1 dead', panel.get_xlabel())
    self.assertIn('50% of the variance', figure.texts[0].get_text())


if __name__ == '__main__':
  absltest.main()
