"""Tests of table.py."""

from absl.testing import absltest

from cnn_tf.sweep import table


def rows(*found):
  """The rows below the header."""
  return table.table([table.Trained(*one) for one in found])[1:]


class TableTest(absltest.TestCase):
  def test_numbers_by_hand(self):
    # Both means have a deviation of 1, and t = 4.303 for two degrees of
    # freedom: 4.303 * 1 / sqrt(3) = 2.484. The differences are 1, 0 and 2.
    found = rows(
      ('a', [0.90, 0.92, 0.91], [10.0, 11.0, 12.4]),
      ('b', [0.91, 0.92, 0.93], [20.0, 20.0, 20.0]),
    )
    self.assertEqual(
      found,
      [
        ['a', '3', '91.00', '88.52 to 93.48', '', '', '11'],
        ['b', '3', '92.00', '89.52 to 94.48', '+1.00', '-1.48 to +3.48', '20'],
      ],
    )

  def test_the_difference_is_narrow_if_seeds_change_both_alike(self):
    _, other = rows(
      ('a', [0.80, 0.90], [1.0, 1.0]), ('b', [0.79, 0.89], [1.0, 1.0])
    )
    self.assertEqual(other[4:6], ['-1.00', '-1.00 to -1.00'])

  def test_one_seed_has_no_interval(self):
    found = rows(('a', [0.9], [5.0]), ('b', [0.875], [7.0]))
    self.assertEqual(found[0], ['a', '1', '90.00', '', '', '', '5'])
    self.assertEqual(found[1], ['b', '1', '87.50', '', '-2.50', '', '7'])

  def test_a_setting_that_diverges_has_no_mean(self):
    found = rows(
      ('a', [0.9, 0.9], [3.0, 3.0]),
      ('b', [None, 0.8], [3.0]),
      ('c', [None, None], []),
    )
    self.assertEqual(found[1], ['b', '2', '1 diverged', '', '', '', '3'])
    self.assertEqual(found[2], ['c', '2', '2 diverged', '', '', '', ''])
    after = rows(('b', [None, 0.8], [3.0]), ('a', [0.9, 0.9], [3.0, 3.0]))
    self.assertEqual(
      after[1], ['a', '2', '90.00', '90.00 to 90.00', '', '', '3']
    )

  def test_every_row_has_the_columns_of_the_header(self):
    found = [table.Trained('a', [0.9, None], [1.0])]
    found.append(table.Trained('b', [0.9, 0.9], [1.0, 1.0]))
    widths = {len(row) for row in table.table(found)}
    self.assertLen(widths, 1)


if __name__ == '__main__':
  absltest.main()
