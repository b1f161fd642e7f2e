"""Tests of catalogue.py: the figures of different networks."""

import dataclasses
import pathlib
import warnings

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.figures import sheet
from cnn_tf.measure import activity
from cnn_tf.measure import examples
from cnn_tf.run import history
from cnn_tf.visualization import catalogue
from tests import small_run

_ALWAYS = ['curves', 'kernels', 'confusion', 'receptive_fields']


class CatalogueTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    (
      'conv 4 5x3 stride 2x1 same tanh, avgpool 2x2, dense 5, dense 6 selu',
      ['maps_conv1', 'classes_conv1', 'maps_pool1', 'maps_dense1']
      + ['classes_dense1', 'maps_dense2', 'maps_logits'],
    ),
    ('dense 7', ['maps_dense1', 'classes_dense1', 'maps_logits']),
    ('', ['maps_logits', 'classes_logits']),
    ('maxpool 2x2', ['maps_pool1', 'maps_logits', 'classes_logits']),
  )
  def test_the_figures_depend_on_the_layers(self, layers, others):
    run = small_run.untrained(layers)
    figures = dict(catalogue.of_run(run, [3, 17]))
    self.assertEqual(list(figures), _ALWAYS + others)
    for name, figure in figures.items():
      title, source = (text.get_text() for text in figure.texts[:2])
      self.assertNotEmpty(title, name)
      self.assertStartsWith(
        source, 'run small, trained on mnist, epoch 1', name
      )

  @parameterized.parameters(1, 2)
  def test_a_run_on_so_few_images_of_one_class_gets_them_all(self, count):
    run = small_run.untrained(count=count, num_classes=1)
    row = run.epochs[0]._replace(train_cross_entropy=0.0)
    run = run._replace(epochs=[row._replace(validation_cross_entropy=0.0)])
    with warnings.catch_warnings():
      warnings.simplefilter('error')
      for _, figure in catalogue.of_run(run, [0]):
        self.assertStartsWith(sheet.to_png(figure), b'\x89PNG')

  @parameterized.parameters(
    ('conv 4 5x3', (5, 3), 4),
    ('maxpool 2x2, conv 4 5x3', (5, 3), 4),
    ('dense 7', (28, 28), 7),
    ('maxpool 4x2', (7, 14), 10),
  )
  def test_the_first_kernels_are_drawn_in_the_shape_of_their_inputs(
    self, layers, size, count
  ):
    run = small_run.untrained(layers)
    figures = dict(catalogue.of_run(run, [0]))
    images = figures['kernels'].axes[0].images
    self.assertLen(images, count)
    [name] = {*run.network.kernels} - {'logits'} or {'logits'}
    kernel = run.network.kernels[name].numpy().reshape(*size, count)
    for number, shown in enumerate(images):
      self.assertAllEqual(shown.get_array(), kernel[..., number])

  def test_without_validation_the_classes_are_those_of_the_test_images(self):
    run = small_run.untrained()
    none = datasets.hold_out(run.data.train, 0)[1]
    run = run._replace(
      data=run.data._replace(validation=none),
      epochs=[history.Epoch(*run.epochs[0][:6])],
    )
    figures = dict(catalogue.of_run(run, [0]))
    texts = {
      name: ' '.join(text.get_text() for text in figure.texts)
      for name, figure in figures.items()
    }
    self.assertIn('training accuracy 90.00% after epoch 1', texts['curves'])
    self.assertIn('100 test images', texts['classes_conv1'])
    self.assertNotIn('validation', str(texts))
    curves = figures['curves'].axes[0].lines
    self.assertLen([line for line in curves if len(line.get_xdata()) == 1], 1)

  def test_the_augmentations_that_are_on_are_drawn(self):
    run = small_run.untrained()
    settings = dataclasses.replace(run.settings, shift=2, flip=True)
    run = run._replace(settings=settings)
    figures = dict(catalogue.of_run(run, [0]))
    figure = figures['augmentations']
    texts = [text.get_text() for text in figure.texts[2:]]
    self.assertEqual(
      texts, ['training images', '--shift=2', '--flip', 'all of them']
    )
    images, shifted, *_ = (
      np.stack([shown.get_array() for shown in panel.images])
      for panel in figure.axes
    )
    self.assertAllClose(images, run.data.train.images[:8] / 255)
    self.assertNotAllClose(images, shifted)
    self.assertAllClose(images.max(), shifted.max())

  def test_the_evolution_is_drawn_from_the_recorded_kernels(self):
    workdir = pathlib.Path(self.create_tempdir().full_path)
    run = small_run.untrained()._replace(workdir=workdir)
    kernel = run.network.kernels['conv1'].numpy()
    kernels = {0: kernel, 1: 2 * kernel}
    history.write_kernels(workdir, kernels)
    figures = dict(catalogue.of_run(run, [0]))
    images = figures['evolution'].axes[0].images
    self.assertLen(images, 2 * 4)
    self.assertAllEqual(images[0].get_array(), kernel[:, :, 0, 0])
    self.assertAllEqual(images[4].get_array(), 2 * kernel[:, :, 0, 0])

  def test_records_that_are_lost_are_not_drawn(self):
    workdir = pathlib.Path(self.create_tempdir().full_path)
    run = small_run.untrained()._replace(workdir=workdir, epochs=[])
    kernel = run.network.kernels['conv1'].numpy()
    history.write_kernels(workdir, {1: kernel})
    figures = catalogue.of_run(run, [0])
    self.assertContainsSubset(
      ['kernels', 'confusion', 'receptive_fields'],
      names := [name for name, _ in figures],
    )
    self.assertNoCommonElements(['curves', 'evolution'], names)

  def test_what_is_left_of_the_records_is_drawn_at_its_epoch(self):
    workdir = pathlib.Path(self.create_tempdir().full_path)
    run = small_run.untrained()
    row = run.epochs[0]
    run = run._replace(
      workdir=workdir,
      epoch=5,
      step=5 * 430,
      epochs=[row, row._replace(epoch=4, step=4 * 430)],
    )
    kernel = run.network.kernels['conv1'].numpy()
    history.write_kernels(workdir, {1: kernel, 2: 2 * kernel, 5: kernel})
    figures = dict(catalogue.of_run(run, [0]))
    trained, validated = figures['curves'].axes[0].lines
    self.assertAllEqual(trained.get_xdata(), [215, 3.5 * 430])
    self.assertAllEqual(validated.get_xdata(), [430, 4 * 430])
    self.assertAllClose(
      figures['curves'].axes[0].get_xlim(), [0, 5 * 430 * 1.02]
    )
    texts = [text.get_text() for text in figures['evolution'].texts]
    self.assertStartsWith(
      texts[0], 'Kernels of conv1, after epoch 1 and after epoch 5: '
    )
    self.assertContainsSubset(['epoch 1', 'epoch 2', 'epoch 5'], texts)

  def test_maps_are_drawn_for_the_chosen_test_images(self):
    run = small_run.untrained()
    layer = run.network.layers[2]
    figures = dict(catalogue.of_layers(run, [17, 42], [layer]))
    self.assertEqual(list(figures), ['maps_conv2', 'classes_conv2'])
    figure = figures['maps_conv2']
    texts = [text.get_text() for text in figure.texts]
    label = run.data.test.labels[42]
    self.assertContainsSubset([f'image 42: {label}'], texts)
    images = tf.constant(run.data.test.images[[17, 42]], tf.float32) / 255
    tensors = run.network.activations(images[..., tf.newaxis])
    maps = tensors['conv2/relu'].numpy()
    panels = [panel for panel in figure.axes if len(panel.images) == 6]
    for panel, expected in zip(panels, maps, strict=True):
      shown = np.stack([i.get_array() for i in panel.images], axis=-1)
      self.assertAllClose(shown, expected)

  def test_a_class_is_drawn_beside_the_one_it_is_confused_with(self):
    run = small_run.untrained()
    test = run.data.test
    figures = dict(catalogue.of_class(run, 4, run.network.layers))
    self.assertEqual(
      list(figures),
      [f'class_4_{n}' for n in ('conv1', 'pool1', 'conv2', 'dense1', 'logits')],
    )
    log_probabilities = activity.log_probabilities(run.network, test.images)
    other = examples.confused(log_probabilities, test.labels)[4]
    figure = figures['class_4_conv2']
    texts = [text.get_text() for text in figure.texts]
    self.assertIn(f'{other}, with which it is confused most', texts)
    shown = figure.axes[0].images[0].get_array()
    fours = test.images[test.labels == 4][:12]
    nines = test.images[test.labels == other][:12]
    self.assertAllEqual(shown[:28, :28], fours[0])
    self.assertAllEqual(shown[:28, -30:-2], nines[-1])
    self.assertEqual(shown.shape[1], 30 * (len(fours) + 1 + len(nines)))

  def test_a_class_without_test_images_is_one_line(self):
    run = small_run.untrained(num_classes=4)
    test = run.data.test
    kept = test.labels != 2
    few = datasets.Examples(test.images[kept], test.labels[kept])
    run = run._replace(data=run.data._replace(test=few))
    with self.assertRaisesRegex(
      errors.UserError, '^there is no test image of class 2$'
    ):
      list(catalogue.of_class(run, 2, run.network.layers))
    # Beside another class, it is left out if that one is confused with it.
    for label in (0, 1, 3):
      self.assertLen(
        list(catalogue.of_class(run, label, run.network.layers)), 5
      )


if __name__ == '__main__':
  tf.test.main()
