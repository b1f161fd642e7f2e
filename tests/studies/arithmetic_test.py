"""Tests of arithmetic.py."""

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.network import reference
from cnn_tf.studies import arithmetic


class ArithmeticTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.table = arithmetic.measure(arithmetic.PLAN).table[1:]

  def true_values(self, start):
    """`[by formula, by brute force, verdict]` of one statement."""
    [row] = [row for row in self.table if row[0].startswith(start)]
    return row[2:5]

  def test_both_methods_agree_on_every_statement(self):
    for statement, _, computed, counted, verdict, _ in self.table:
      with self.subTest(statement):
        self.assertEqual(computed, counted)
        self.assertIn(verdict, ('right', 'wrong'))

  def test_values_computed_by_hand(self):
    for start, value, verdict in (
      ('3x3 at stride 2 on 9x9', '4x4', 'right'),
      ('3x3, then 4x4, on 28x28: sizes', '26, 23', 'right'),
      ('3x3, then 4x4, on 28x28: receptive', '6x6, 7x7', 'right'),
      ('3x3, then 4x4, stride 2 each', '9x9, 13x13', 'wrong'),
      ('3x3 layers at stride 2', '4', 'wrong'),
      ('3x3 from 32 to 64', '18,432', 'wrong'),
      ('3x3 with 32, 64 and', '1,568,512', 'right'),
      ('(32x9 + 32)', '175,872', 'wrong'),
      ('what grows', 'activations', 'wrong'),
      ('reference network: sizes', '26, 13, 11, 5, 3', 'right'),
      ('reference network: side', '3, 4, 8, 10, 18', 'right'),
      ('reference network: columns', '2', 'wrong'),
      ('reference network: effective stride', '2, 4, 4', 'wrong'),
      ('rank of the input', '4', 'wrong'),
      ('the stride of a pooling', 'yes', 'right'),
      ('a convolution is a dense', 'yes', 'right'),
    ):
      with self.subTest(start):
        self.assertEqual(self.true_values(start), [value, value, verdict])
    self.assertLen(self.table, 16)

  def test_three_of_the_strided_layers_fit_on_28x28_and_four_do_not(self):
    three, four = (', '.join(['conv 1 3x3 stride 2'] * n) for n in (3, 4))
    sizes = [layer.output_shape[0] for layer in arithmetic.trace(three)]
    self.assertEqual(sizes, [13, 6, 2])
    with self.assertRaisesRegex(errors.UserError, '^conv4: .* does not fit'):
      arithmetic.trace(four)

  def test_the_missing_factors_by_hand(self):
    line = (
      (32 * 9 + 32) + (64 * 32 + 64) + (128 * 64 + 128) + 10 * (128 * 128 + 128)
    )
    self.assertEqual(self.true_values('(32x9 + 32)')[0], f'{line:,}')

  def test_two_different_answers_leave_a_statement_undecided(self):
    claim = arithmetic.Claim('', stated='4', computed='4', counted='5', why='')
    self.assertEqual(claim.verdict, 'undecided')

  def test_the_matrix_of_a_convolution_by_hand(self):
    kernel = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(2, 2, 1, 1)
    self.assertAllEqual(
      arithmetic.as_dense(kernel, 3),
      [
        [1, 0, 0, 0],
        [2, 1, 0, 0],
        [0, 2, 0, 0],
        [3, 0, 1, 0],
        [4, 3, 2, 1],
        [0, 4, 0, 2],
        [0, 0, 3, 0],
        [0, 0, 4, 3],
        [0, 0, 0, 4],
      ],
    )

  def test_the_matrix_computes_the_convolution(self):
    random = np.random.default_rng(0)
    images = random.normal(size=(2, 6, 6, 1))
    kernel = random.normal(size=(3, 3, 1, 4))
    expected = reference.conv2d(images, kernel, (1, 1), 'valid')
    dense = images.reshape(2, 36) @ arithmetic.as_dense(kernel, 6)
    self.assertAllClose(dense, expected.reshape(2, -1), rtol=1e-12, atol=1e-12)


if __name__ == '__main__':
  tf.test.main()
