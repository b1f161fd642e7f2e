"""Tests of arithmetic.py."""

import tensorflow as tf

from cnn_tf.studies import arithmetic
from cnn_tf.studies.measure import quantities


class ArithmeticTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.table = arithmetic.measure(arithmetic.PLAN).table[1:]

  def true_values(self, start):
    """`[by formula, by brute force, verdict]` of one statement."""
    [row] = [row for row in self.table if row[0].startswith(start)]
    return row[2:5]

  def test_values_computed_by_hand(self):
    for start, value, verdict in (
      ('3x3 at stride 2 on 9x9', '4', 'right'),
      ('3x3, then 4x4: sides', '26, 23', 'right'),
      ('3x3, then 4x4: side of', '6, 7', 'right'),
      ('3x3, then 4x4, stride 2 each', '9, 13', 'wrong'),
      ('3x3 layers at stride 2', '4', 'wrong'),
      ('3x3 with 32, 64 and', '1,568,512', 'right'),
      ('(32x9 + 32)', '175,872', 'wrong'),
      ('3x3 from 32 to 64', '18,432', 'loose'),
      ('what grows', 'activations', 'wrong'),
      ('reference network: sides of the maps', '26, 13, 11, 5, 3', 'right'),
      ('reference network: sides of the rec', '3, 4, 8, 10, 18', 'right'),
      ('reference network: what', '2 columns, 8 pixels', 'wrong'),
      ('reference network: effective strides', '1, 2, 2, 4, 4', 'wrong'),
      ('rank of the input', '4', 'loose'),
    ):
      with self.subTest(start):
        self.assertEqual(self.true_values(start), [value, value, verdict])
    self.assertLen(self.table, 14)

  def test_the_missing_factors_by_hand(self):
    line = (
      (32 * 9 + 32) + (64 * 32 + 64) + (128 * 64 + 128) + 10 * (128 * 128 + 128)
    )
    self.assertEqual(self.true_values('(32x9 + 32)')[0], f'{line:,}')

  def test_a_loose_number_is_that_of_a_related_quantity(self):
    [weights] = [x for x in arithmetic.STATEMENTS if x.text.endswith('weights')]
    both = arithmetic.trace(weights)
    second = both[1].num_parameters
    self.assertEqual(weights.stated, f'{second:,}')

  def test_two_different_answers_leave_a_statement_undecided(self):
    statement = arithmetic.Statement('', '4', quantities.SIZES, '', '')
    self.assertEqual(arithmetic.verdict(statement, '4', '5'), 'undecided')
    self.assertEqual(arithmetic.verdict(statement, '4', '4'), 'right')
    self.assertEqual(arithmetic.verdict(statement, '5', '5'), 'wrong')
    loose = statement._replace(is_loose=True)
    self.assertEqual(arithmetic.verdict(loose, '5', '5'), 'loose')


if __name__ == '__main__':
  tf.test.main()
