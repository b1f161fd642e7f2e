"""The table of the traps."""

from absl.testing import absltest

from cnn_tf.traps import table

_EXPECTED = """\
one     two
------  -----
a b     x
cc dd   yy zz
eeee    1

longer  -5
than
it"""


class TableTest(absltest.TestCase):
  def test_cells_are_wrapped_and_keep_their_line_breaks(self):
    rows = [
      ['one', 'two'],
      ['a b\ncc dd eeee', 'x\nyy zz 1'],
      ['longer than it', '-5'],
    ]
    self.assertEqual(table.wrap(rows, [6, 5]), _EXPECTED)

  def test_a_line_is_never_longer_than_the_columns(self):
    text = table.wrap([['a' * 30, 'b ' * 30]] * 2, [7, 9])
    self.assertLessEqual(max(map(len, text.splitlines())), 7 + 2 + 9)


if __name__ == '__main__':
  absltest.main()
