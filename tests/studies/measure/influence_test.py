"""Tests of influence.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.measure import fields
from cnn_tf.run import settings as settings_lib
from cnn_tf.studies.measure import influence
from tests import small_run


class LogitsTest(tf.test.TestCase):
  def test_without_hidden_layers_the_slopes_are_the_largest_weights(self):
    run = small_run.untrained('')
    kernel = run.network.kernels['logits'].numpy().reshape(28, 28, 10)
    found = influence.slopes(run.network, run.data.test.images[:3])
    self.assertAllClose(found, np.abs(kernel).max(axis=-1))

  def test_the_slope_is_0_at_pixels_that_no_window_covers(self):
    run = small_run.untrained(settings_lib.REFERENCE_LAYERS, count=501)
    unseen = fields.unseen(run.geometries)
    slopes = influence.slopes(run.network, run.data.test.images)
    self.assertEqual(unseen.sum(), 108)
    self.assertAllEqual(slopes[unseen], np.zeros(108))
    self.assertAllGreater(slopes[2:24, 2:24], 0)

  def test_noise_in_unseen_pixels_leaves_the_logits_equal(self):
    run = small_run.untrained(settings_lib.REFERENCE_LAYERS)
    images = run.data.test.images
    unseen = fields.unseen(run.geometries)
    self.assertTrue(influence.same_with_noise(run.network, images, unseen))
    one_more = unseen.copy()
    one_more[25, 12] = True
    self.assertFalse(influence.same_with_noise(run.network, images, one_more))


class EffectiveFieldTest(tf.test.TestCase):
  def test_outside_the_receptive_field_the_gradient_is_0(self):
    run = small_run.untrained(settings_lib.REFERENCE_LAYERS)
    images = run.data.test.images[:10]
    for index in (0, 2, 4):
      geometries = run.geometries[: index + 1]
      with self.subTest(geometries[-1].spec.name):
        found = influence.effective_field(run.network, geometries, images)
        seen = fields.seen(geometries)
        self.assertAllEqual(found[~seen], np.zeros(np.sum(~seen)))
        for axis in (0, 1):  # inside, it reaches all sides
          self.assertAllEqual(found.any(axis), seen.any(axis))

  def test_the_field_of_the_first_layer_is_the_mean_squared_kernel(self):
    run = small_run.untrained(settings_lib.REFERENCE_LAYERS, count=501)
    found = influence.effective_field(
      run.network, run.geometries[:1], run.data.test.images
    )
    kernel = run.network.kernels['conv1'].numpy()[:, :, 0]
    expected = np.zeros([28, 28])
    expected[13:16, 13:16] = np.mean(kernel**2, axis=-1)
    self.assertAllClose(found, expected, rtol=1e-5)


if __name__ == '__main__':
  tf.test.main()
