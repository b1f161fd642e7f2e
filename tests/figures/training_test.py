"""Tests of training.py."""

import numpy as np
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.figures import training

_TABLE = {
  'epoch': np.array([1, 2, 3]),
  'step': np.array([10, 20, 30]),
  'train_cross_entropy': np.array([0.5, 0.2, 0.1]),
  'train_accuracy': np.array([0.8, 0.9, 0.95]),
  'validation_cross_entropy': np.array([0.3, 0.2, 0.2]),
  'validation_accuracy': np.array([0.85, 0.9, 0.91]),
}


class CurvesTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    rates = np.linspace(1, 0, 30)
    figure = training.curves(_TABLE, np.arange(30), rates, 'run r')
    self.figure, self.panels = figure, figure.axes

  def test_loss_and_accuracy_are_drawn_above_the_rate(self):
    labels = [panel.get_ylabel() for panel in self.panels]
    self.assertEqual(
      labels, ['cross-entropy (nats)', 'accuracy (%)', 'learning rate']
    )
    self.assertEqual(self.panels[2].get_xlabel(), 'step')
    self.assertLen({panel.get_xlim() for panel in self.panels}, 1)

  def test_training_values_are_drawn_in_the_middle_of_their_epoch(self):
    train_line, validation_line = self.panels[1].lines
    np.testing.assert_array_equal(
      train_line.get_xydata(), [[5, 80], [15, 90], [25, 95]]
    )
    np.testing.assert_array_equal(
      validation_line.get_xydata(), [[10, 85], [20, 90], [30, 91]]
    )

  def test_a_missing_epoch_leaves_the_others_where_they_are(self):
    table = {name: column[[0, 2]] for name, column in _TABLE.items()}
    page = training.curves(table, np.arange(40), np.ones(40), 'run r')
    trained, validated = page.axes[1].lines
    np.testing.assert_array_equal(trained.get_xdata(), [5, 25])
    np.testing.assert_array_equal(validated.get_xdata(), [10, 30])
    self.assertAlmostEqual(page.axes[0].get_xlim()[1], 40 * 1.02)
    [epochs] = page.axes[0].child_axes
    self.assertEqual(epochs.get_xticks().tolist(), [10, 20, 30, 40])

  def test_the_rate_is_drawn_at_every_given_step(self):
    [rate] = self.panels[2].lines
    self.assertLen(rate.get_xydata(), 30)

  def test_without_any_loss_its_axis_is_linear(self):
    zero = {name: 0 * column for name, column in _TABLE.items()}
    table = zero | {name: _TABLE[name] for name in ('epoch', 'step')}
    figure = training.curves(table, np.arange(30), np.ones(30), 'run r')
    self.assertEqual(figure.axes[0].get_yscale(), 'linear')
    self.assertEqual(self.panels[0].get_yscale(), 'log')

  def test_the_title_has_the_result(self):
    title = self.figure.texts[0].get_text()
    self.assertIn('validation accuracy 91.00% after epoch 3', title)


class EvolutionTest(parameterized.TestCase):
  @parameterized.parameters(
    (2, 4, (3, 3), 3, 4),
    (30, 4, (3, 3), 13, 4),
    (1, 64, (3, 3), 2, 32),
    (1, 70, (28, 28), 2, 16),
  )
  def test_there_are_at_most_13_epochs_and_32_filters(
    self, num_epochs, num_filters, size, rows, columns
  ):
    random = np.random.default_rng(0)
    kernels = random.normal(size=[num_epochs + 1, num_filters, *size])
    epochs = np.arange(num_epochs + 1)
    figure = training.evolution(epochs, kernels, 'conv1', 'run r')
    strip, changes = figure.axes[0], figure.axes[-1]
    self.assertLen(strip.images, rows * columns)
    texts = [text.get_text() for text in figure.texts]
    self.assertIn('initial', texts)
    self.assertIn(f'epoch {num_epochs}', texts)
    self.assertEqual('filters)' in texts[0], columns < num_filters)
    self.assertLen(changes.patches, rows - 1)

  def test_similarity_change_and_scale_of_kernels_that_double(self):
    initial = np.ones([1, 2, 1, 2])
    kernels = np.concatenate([initial, 2 * initial])
    figure = training.evolution(np.arange(2), kernels, 'conv1', 'run r')
    self.assertIn('cosine similarity 1.00', figure.texts[0].get_text())
    [bar] = figure.axes[-1].patches
    self.assertAlmostEqual(bar.get_width(), 100)  # per cent
    self.assertEqual(figure.axes[0].images[0].get_clim(), (0, 2))

  def test_a_change_over_several_epochs_is_not_drawn_as_that_of_one(self):
    kernels = np.ones([4, 2, 1, 2]) * [[[[1]]], [[[2]]], [[[5]]], [[[10]]]]
    epochs = np.array([0, 1, 4, 5])
    page = training.evolution(epochs, kernels, 'conv1', 'run r')
    bars = page.axes[-1].patches
    places = [bar.get_y() + bar.get_height() / 2 for bar in bars]
    np.testing.assert_allclose(places, [1, 3])
    np.testing.assert_allclose([bar.get_width() for bar in bars], [100, 100])


if __name__ == '__main__':
  absltest.main()
