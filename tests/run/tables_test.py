"""Aligned text, compared with what the eye expects."""

from absl.testing import absltest

from cnn_tf.run import tables


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


if __name__ == '__main__':
  absltest.main()
