"""Tests of attacks.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.learning import losses
from cnn_tf.measure import activity
from cnn_tf.measure import fields
from cnn_tf.run import settings as settings_lib
from cnn_tf.studies.measure import attacks
from tests import small_run

KEY = (1, 2)
ATTACKS = {
  'fgsm': attacks.fgsm(),
  'pgd': attacks.pgd(KEY, num_steps=3),
  'towards 9': attacks.pgd(KEY, 3, attacks.towards(9)),
  'random signs': attacks.random_signs(KEY),
}


def linear(weights, biases=0.0):
  """A network of one layer, for images of as many pixels as weights."""
  shape = [-1, len(weights)]
  return lambda x: tf.reshape(x, shape) @ tf.constant(weights) + biases


class ByHandTest(tf.test.TestCase):
  def test_fgsm_on_a_linear_network(self):
    # The loss of class 0 rises with logit 1 minus logit 0: by 2, -3, 0 for each
    # pixel; of class 1 it is the other way round.
    network = linear([[1.0, 3], [4, 1], [0, 0]])
    pixels = tf.fill([2, 1, 3, 1], 0.5)
    found = attacks.fgsm()(network, pixels, np.array([0, 1]), 0.25)
    self.assertAllEqual(
      found[..., 0], [[[0.75, 0.25, 0.5]], [[0.25, 0.75, 0.5]]]
    )

  def test_the_gradient_of_the_margin_of_a_linear_network(self):
    network = linear([[1.0, 3, 7], [4, 1, 2]])
    pixels = tf.fill([2, 1, 2, 1], 0.5)
    found = attacks.gradient(
      network, pixels, np.array([0, 1], 'u1'), attacks.towards(2)
    )
    self.assertAllEqual(found[..., 0], [[[6, -2]], [[4, 1]]])

  def test_pgd_reaches_the_corner_that_is_best_for_a_linear_network(self):
    network = linear([[1.0, 3], [4, 1]])
    pixels = tf.constant([[[[0.5], [0.1]]]])
    found = attacks.pgd(KEY)(network, pixels, np.array([0]), 0.2)
    self.assertAllClose(found[0, 0, :, 0], [0.7, 0])

  def test_the_smallest_epsilon_that_succeeds(self):
    # Class 1 wins if the first pixel is above 0.5.
    network = linear([[0.0, 1], [0, 0]], [0, -0.5])
    images = np.array([[[250, 0]], [[90, 0]], [[0, 0]]], 'u1')
    found, sizes = attacks.first_success(
      attacks.fgsm(attacks.towards(1)),
      network,
      datasets.Examples(images, np.zeros(3, 'u1')),
      (0.0, 0.1, 0.2, 0.4),
      target=1,
    )
    self.assertEqual(sizes, [0.0, 0.2, None])
    self.assertAllClose(
      found[:, 0, 0, 0], [250 / 255, 90 / 255 + 0.2, 0.4], atol=1e-6
    )

  def test_rounding_gives_the_pixels_of_bytes(self):
    pixels = np.array([0.0, 0.5 / 255 - 1e-4, 0.5 / 255 + 1e-4, 1.0])
    found = attacks.rounded(pixels.reshape(1, 2, 2, 1))
    self.assertAllClose(found, [[[[0], [0]], [[1 / 255], [1]]]])

  def test_neighbours_correlate_in_ramps_and_not_in_noise(self):
    noise = np.random.default_rng(0).normal(size=[50, 20, 20])
    self.assertAllClose(attacks.between_neighbours(noise), 0, atol=0.02)
    ramp = np.add.outer(np.arange(20.0), np.arange(20.0))[np.newaxis]
    self.assertAllClose(attacks.between_neighbours(ramp), 1)
    # Black and white by turns: each neighbour is the opposite.
    board = (ramp % 2 == 0).astype(float)
    self.assertAllClose(attacks.between_neighbours(board), -1)

  def test_the_share_on_ink_by_hand(self):
    images = np.array([[[0, 9]], [[0, 9]], [[9, 0]]], np.uint8)
    gradients = np.array([[[1.0, -3]], [[0, 2]], [[0, 0]]])
    # 3/4 and 1; the last one does not count.
    self.assertAllClose(attacks.on_ink(gradients, images), 7 / 8)
    everywhere = np.ones(images.shape)
    self.assertAllClose(attacks.on_ink(everywhere, images), 1 / 2)

  def test_answers_by_judge_attack_and_epsilon(self):
    network = linear([[0.0, 1], [0, 0]], [0, -0.5])
    examples = datasets.Examples(np.zeros([3, 1, 2], 'u1'), np.zeros(3, 'u1'))
    found = attacks.answers_after(
      [attacks.fgsm(), attacks.random_signs(KEY)],
      network,
      examples,
      (0.0, 0.6),
      {
        'itself': lambda x: attacks.answers(network, x),
        'black': lambda x: attacks.answers(network, 0 * x),
      },
    )
    self.assertEqual(found['itself'].shape, (2, 2, 3))
    self.assertAllEqual(found['itself'][0], [[0] * 3, [1] * 3])
    self.assertAllEqual(found['black'], np.zeros([2, 2, 3]))


class NetworkTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.run_ = small_run.untrained(settings_lib.REFERENCE_LAYERS, count=20)
    cls.examples = cls.run_.data.test
    cls.pixels = datasets.to_float(cls.examples.images).numpy()

  def attacked(self, attack, epsilons):
    return attacks.by_epsilon(
      attack, self.run_.network, self.examples, epsilons
    )

  def test_an_epsilon_of_0_changes_no_bit(self):
    for name, attack in ATTACKS.items():
      with self.subTest(name):
        (found,) = self.attacked(attack, [0.0])
        self.assertAllEqual(found, self.pixels)
    graph = activity.graph(
      lambda x: self.run_.network(datasets.to_float(x)), self.examples.images
    )
    before = graph(self.examples.images).numpy().argmax(axis=1)
    self.assertAllEqual(attacks.answers(self.run_.network, found), before)

  def test_pixels_stay_in_range_and_within_epsilon(self):
    for name, attack in ATTACKS.items():
      for epsilon, found in zip(
        (0.01, 0.3), self.attacked(attack, (0.01, 0.3)), strict=True
      ):
        with self.subTest(f'{name}, {epsilon}'):
          self.assertAllInRange(found, 0.0, 1.0)
          largest = np.abs(found - self.pixels).max()
          self.assertAllClose(largest, epsilon, atol=1e-6)

  def test_attacks_raise_their_objective_and_random_signs_hardly_do(self):
    def loss(pixels):
      logits = self.run_.network(pixels)
      labels = self.examples.labels
      return float(tf.reduce_mean(losses.cross_entropy(logits, labels)))

    after = {
      name: loss(self.attacked(ATTACKS[name], [0.1])[0])
      for name in ('random signs', 'fgsm', 'pgd')
    }
    gained = {name: x - loss(self.pixels) for name, x in after.items()}
    self.assertGreater(gained['fgsm'], 5 * abs(gained['random signs']))
    self.assertGreater(gained['pgd'], 5 * abs(gained['random signs']))

  def test_pixels_that_no_logit_sees_have_a_gradient_of_0(self):
    unseen = fields.unseen(self.run_.geometries)
    self.assertEqual(unseen.sum(), 108)
    for target in range(10):
      found = attacks.gradients(
        self.run_.network, self.examples, attacks.towards(target)
      )
      self.assertAllEqual(found[:, unseen], np.zeros([20, 108]))
      self.assertGreater(np.abs(found).max(), 0)
    (found,) = self.attacked(attacks.fgsm(), [0.2])
    self.assertAllEqual(found[:, unseen], self.pixels[:, unseen])


if __name__ == '__main__':
  tf.test.main()
