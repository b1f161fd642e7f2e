"""Aligned text, compared with what the eye expects."""

from absl.testing import absltest

from cnn_tf.run import tables

_WRAPPED = """\
one     two
------  -----
a b     x
cc dd   yy zz
eeee    1

longer  -5
than
it"""


class AlignTest(absltest.TestCase):
  def test_first_column_stands_left_and_the_others_right(self):
    rows = [['layer', 'maps', 'field'], ['conv1', 32, '3x3'], ['d', 8, '18x18']]
    self.assertEqual(
      tables.align(rows).splitlines(),
      [
        'layer  maps  field',
        'conv1    32    3x3',
        'd         8  18x18',
      ],
    )

  def test_whole_numbers_get_commas_and_texts_do_not(self):
    self.assertEqual(
      tables.align([[114454, '114454', 999]]).split(),
      [
        '114,454',
        '114454',
        '999',
      ],
    )

  def test_a_wide_cell_widens_its_column_only(self):
    first, second = tables.align([['a', 1, 1], ['a', 10**9, 1]]).splitlines()
    self.assertEqual(first, 'a' + ' ' * 14 + '1  1')
    self.assertEqual(second, 'a  1,000,000,000  1')

  def test_rows_of_unequal_length_are_refused(self):
    with self.assertRaises(ValueError):
      tables.align([['a', 1], ['b']])


class WrapTest(absltest.TestCase):
  def test_cells_are_wrapped_and_keep_their_line_breaks(self):
    rows = [
      ['one', 'two'],
      ['a b\ncc dd eeee', 'x\nyy zz 1'],
      ['longer than it', '-5'],
    ]
    self.assertEqual(tables.wrap(rows, [6, 5]), _WRAPPED)

  def test_a_line_is_never_longer_than_the_columns(self):
    text = tables.wrap([['a' * 30, 'b ' * 30]] * 2, [7, 9])
    self.assertLessEqual(max(map(len, text.splitlines())), 7 + 2 + 9)


if __name__ == '__main__':
  absltest.main()
