"""Tests of arrays.py."""

import base64
import gzip

import numpy as np
from absl.testing import absltest

from cnn_tf.page import arrays


class ArraysTest(absltest.TestCase):
  def test_every_bit_comes_back(self):
    for values in (
      np.array([[0.1, -0.0], [np.float32(1e-45), 3e38]], np.float32),
      np.arange(256, dtype=np.uint8),
      np.array([-1, 2**31 - 1], np.int32),
    ):
      decoded = arrays.decode(arrays.encode(values))
      self.assertEqual(decoded.tobytes(), values.tobytes())
      self.assertEqual(decoded.shape, values.shape)

  def test_bytes_are_little_endian_on_every_machine(self):
    encoded = arrays.encode(np.array([1], '>i4'))
    content = gzip.decompress(base64.b64decode(encoded['gzip']))
    self.assertEqual(content, b'\x01\0\0\0')

  def test_equal_arrays_give_equal_text(self):
    first, second = (arrays.encode(np.ones(5, np.float32)) for _ in range(2))
    self.assertEqual(first, second)

  def test_a_type_that_the_page_does_not_know_is_refused(self):
    with self.assertRaisesRegex(TypeError, 'not float64'):
      arrays.encode(np.ones(2))


if __name__ == '__main__':
  absltest.main()
