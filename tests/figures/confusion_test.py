"""Tests of confusion.py."""

import numpy as np
from absl.testing import absltest

from cnn_tf.figures import confusion


def _draw(probabilities, labels):
  images = np.zeros([len(labels), 8, 8], np.uint8)
  return confusion.confusion(
    np.log(probabilities), np.array(labels), images, ['cat', 'dog'], 'run r'
  )


class ConfusionTest(absltest.TestCase):
  def test_counts_are_placed_by_true_and_predicted_class(self):
    probabilities = np.array([[0.9, 0.1]] * 3 + [[0.2, 0.8]] * 2)
    figure = _draw(probabilities, [0, 0, 1, 1, 1])
    panel = figure.axes[0]
    counts = {text.get_position(): text.get_text() for text in panel.texts}
    # (predicted, true); no cat was taken for a dog.
    self.assertEqual(counts, {(0, 0): '2', (0, 1): '1', (1, 1): '2'})
    self.assertEqual(panel.get_xlabel(), 'predicted class')
    self.assertEqual(panel.get_ylabel(), 'true class')
    self.assertStartsWith(
      figure.texts[0].get_text(), '1 of 5 images misclassified'
    )

  def test_the_twelve_worst_mistakes_are_shown_with_their_probabilities(self):
    of_dog = np.linspace(0.6, 0.95, 15)
    probabilities = np.stack([1 - of_dog, of_dog], axis=1)
    figure = _draw(probabilities, [0] * 15)
    panels = figure.axes[1:]
    self.assertEqual(
      [panel.get_title() for panel in panels],
      [f'image {number}' for number in range(14, 2, -1)],
    )
    caption = panels[0].texts[0].get_text()
    self.assertEqual(caption, 'cat, taken for\ndog (95.0%)')

  def test_the_cells_of_62_classes_are_large_enough_for_their_counts(self):
    names = [f'class {number}' for number in range(62)]
    probabilities = np.full([62 * 70, 62], 1e-3)
    labels = np.repeat(range(62), 70)
    images = np.zeros([len(labels), 28, 28], np.uint8)
    figure = confusion.confusion(
      np.log(probabilities), labels, images, names, 'run r'
    )
    figure.draw_without_rendering()
    panel = figure.axes[0]
    cell = panel.transData.transform([[0, 0], [1, 1]])
    width, height = np.abs(cell[1] - cell[0])
    for text in panel.texts:
      box = text.get_window_extent()
      self.assertLess(box.width, width)
      self.assertLess(box.height, height)
    labels = [label.get_window_extent() for label in panel.get_xticklabels()]
    for one, two in zip(labels, labels[1:], strict=False):
      self.assertFalse(one.overlaps(two))

  def test_a_network_without_mistakes_has_no_panels(self):
    figure = _draw(np.array([[0.9, 0.1]]), [0])
    self.assertLen(figure.axes, 1)
    self.assertIn('No mistakes', [text.get_text() for text in figure.texts])


if __name__ == '__main__':
  absltest.main()
