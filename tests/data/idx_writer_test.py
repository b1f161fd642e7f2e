"""IDX files: bytes by hand."""

import numpy as np
from absl.testing import absltest

from cnn_tf.data import idx_writer


class EncodeTest(absltest.TestCase):
  def test_twelve_bytes_by_hand(self):
    content = b'\0\0\x08\x02' + b'\0\0\0\x01' + b'\0\0\0\x03' + b'\x07\x08\xff'
    array = np.array([[7, 8, 255]], np.uint8)
    self.assertEqual(idx_writer.encode(array), content)

  def test_a_fraction_is_refused_and_not_cut_off(self):
    with self.assertRaises(TypeError):
      idx_writer.encode(np.array([0.5]))


if __name__ == '__main__':
  absltest.main()
