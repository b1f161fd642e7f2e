"""Aligned text, character by character."""

import numpy as np
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.explain import typeset


class TypesetTest(parameterized.TestCase):
  @parameterized.parameters(
    (3.0, '3'),
    (-12, '-12'),
    (-0.0, '0'),
    (-1e-9, '0'),
    (1 / 3, '0.3333'),
    (0.25, '0.25'),
    (123456.0, '123456'),
  )
  def test_number(self, value, text):
    self.assertEqual(typeset.number(value), text)

  def test_numbers_in_a_grid_stand_below_one_another(self):
    marks = {(0, 1): '[]', (1, 0): '()'}
    texts = typeset.cells(np.array([[1, -2], [10, 0]]))
    self.assertEqual(
      typeset.grid('title', texts, marks),
      [
        'title',
        '    0    1',
        '0   1  [-2]',
        '1 (10)   0',
      ],
    )

  def test_a_grid_may_start_below_0_and_have_blanks(self):
    texts = {(-1, -1): '0', (0, 0): '5'}
    self.assertEqual(
      typeset.grid('image', texts),
      ['image', '   -1   0', '-1  0', ' 0      5'],
    )

  def test_blocks_stand_side_by_side_while_they_fit(self):
    left, right = ['a', 'bb'], ['c']
    self.assertEqual(typeset.side_by_side(left, right), 'a     c\nbb')
    long = ['-' * 75]
    self.assertEqual(
      typeset.side_by_side(left, long, right), f'a\nbb\n\n{long[0]}    c'
    )

  def test_values_of_a_sum_stand_below_one_another(self):
    self.assertEqual(
      typeset.sum_up([('row 0:  1 * 2', 2.0)], [('sum', 2.0), ('bias', -3.5)]),
      '  row 0:  1 * 2 =     2\n'
      '            sum =     2\n'
      '           bias =  -3.5',
    )


if __name__ == '__main__':
  absltest.main()
