"""Tests of ablation.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.network import model
from cnn_tf.run import settings as settings_lib
from cnn_tf.studies.measure import ablation
from tests import small_run
from tests.page import reference_page

LAYERS = ('conv1', 'conv2', 'conv3', 'dense1')


class AblationTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    run = small_run.untrained(settings_lib.REFERENCE_LAYERS, count=20)
    self.network = run.network
    self.pixels = run.data.test.images
    self.images = datasets.to_float(self.pixels)
    self.tensors = self.network.activations(self.images)

  def test_the_two_parts_are_the_network_bit_for_bit(self):
    for name in ('conv1', 'pool1', 'conv3'):
      with self.subTest(name):
        maps = ablation.below(self.network, name)(self.images)
        output = {'pool1': 'pool1'}.get(name, f'{name}/relu')
        self.assertAllEqual(maps, self.tensors[output])
        logits = ablation.above(self.network, name)(maps)
        self.assertAllEqual(logits, self.network(self.images))

  def test_the_network_itself_is_not_changed(self):
    before = self.network(self.images)
    count = len(self.network.layers)
    ablation.below(self.network, 'conv1')
    ablation.above(self.network, 'conv1')
    self.assertLen(self.network.layers, count)
    self.assertAllEqual(self.network(self.images), before)

  def test_the_parts_have_the_variables_of_the_network(self):
    part = ablation.above(self.network, 'conv3')
    self.assertIsInstance(part, model.ConvNet)
    self.network.kernels['logits'].assign(tf.zeros([100, 10]))
    self.network.biases['logits'].assign(np.arange(10))
    logits = part(self.tensors['conv3/relu'])
    self.assertAllEqual(logits, [np.arange(10)] * 20)

  def test_a_map_set_to_0_does_what_a_kernel_of_0_above_it_does(self):
    mask = np.ones(64, np.float32)
    mask[5] = 0
    changed = ablation.with_output(self.network, 'pool2', lambda x: x * mask)
    found = changed(self.images)
    self.assertNotAllClose(found, self.network(self.images))
    kernel = self.network.kernels['conv3']
    values = kernel.numpy()
    values[:, :, 5] = 0
    kernel.assign(values)
    self.assertAllClose(found, self.network(self.images), atol=1e-5)

  def logits(self, layer, change, vectors):
    of_vectors = ablation.logits_by_vector(
      self.network, layer, change, self.pixels
    )
    return of_vectors(np.array(vectors))

  def test_nothing_removed_changes_no_bit(self):
    graph = activity.graph(
      lambda x: self.network(datasets.to_float(x)), self.pixels
    )
    for layer in LAYERS:
      with self.subTest(layer):
        count = self.network.biases[layer].shape[0]
        mean = np.linspace(0, 1, count)
        ones, zeros = np.ones([2, count]), np.zeros([2, count])
        whole = [graph(self.pixels)] * 2
        for change, vectors in (
          (ablation.keeping(0.0), ones),
          (ablation.keeping(mean), ones),
          (ablation.without_direction(mean), zeros),
        ):
          self.assertAllEqual(self.logits(layer, change, vectors), whole)

  def test_without_any_map_the_layers_above_see_black(self):
    kernels, biases = self.network.kernels, self.network.biases
    black = tf.nn.relu(biases['conv3'])  # at each of the 3x3 positions
    sums = np.tile(black, 9) @ kernels['dense1'].numpy() + biases['dense1']
    for layer, units in (
      ('dense1', np.zeros(100)),
      ('conv3', np.maximum(biases['dense1'], 0)),
      ('conv2', np.maximum(sums, 0)),
    ):
      by_hand = units @ kernels['logits'].numpy() + biases['logits'].numpy()
      count = biases[layer].shape[0]
      change = ablation.keeping(0.0)
      found = self.logits(layer, change, np.zeros([1, count]))
      self.assertAllClose(found, [[by_hand] * 20], atol=1e-5)

  def test_removing_the_direction_of_a_map_replaces_it_by_its_mean(self):
    mean = np.linspace(0, 1, 64)
    axes = np.eye(64)[:3]
    self.assertAllClose(
      self.logits('conv2', ablation.without_direction(mean), axes),
      self.logits('conv2', ablation.keeping(mean), 1 - axes),
      atol=1e-5,
    )

  def test_nothing_varies_along_a_removed_direction(self):
    random = np.random.default_rng(0)
    maps = random.normal(size=[7, 3, 3, 5]).astype('f4')
    mean = maps.mean(axis=(0, 1, 2))
    basis = ablation.random_basis(5, seed=1).astype('f4')
    left = ablation.without_direction(mean)(maps, basis[2]).numpy()
    self.assertAllClose(left.mean(axis=(0, 1, 2)), mean, atol=1e-5)
    self.assertAllClose(np.std(left @ basis[2]), 0, atol=1e-5)
    self.assertAllClose(left @ basis[3], maps @ basis[3], atol=1e-5)

  def test_random_directions_have_the_variance_of_the_maps(self):
    random = np.random.default_rng(0)
    maps = random.normal(size=[1000, 6]) * [0, 1, 2, 3, 4, 5]
    basis = ablation.random_basis(6, seed=2)
    self.assertAllClose(basis @ basis.T, np.eye(6))
    self.assertNotAllClose(basis, ablation.random_basis(6, seed=3))
    along = maps @ basis.T
    self.assertAllClose(along.var(axis=0).sum(), maps.var(axis=0).sum())


class PageTest(reference_page.TestCase):
  def test_a_map_turned_off_on_the_page_gives_the_same_logits(self):
    self.open(self.path, 'i=3')
    number = self.js('cnn.state.contents.examples.numbers[3]')
    image = self.run_.data.test.images[number : number + 1]
    for layer in LAYERS:
      count = self.run_.network.biases[layer].shape[0]
      kept = np.ones(count)
      kept[[2, 5, 7]] = 0
      logits_of = ablation.logits_by_vector(
        self.run_.network, layer, ablation.keeping(0.0), image
      )
      found = logits_of(np.stack([kept, 1 - kept]))[:, 0]
      for vector, logits in zip((kept, 1 - kept), found, strict=True):
        off = '.'.join(map(str, np.flatnonzero(vector == 0)))
        self.open(self.path, f'i=3&off={layer}.{off}')
        np.testing.assert_allclose(self.logits(), logits, atol=1e-4)


if __name__ == '__main__':
  tf.test.main()
