"""What a window covers, in words and in grids."""

from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.explain import case as cases
from cnn_tf.explain import window
from cnn_tf.network import specs


def _conv(size, node, window=(3, 3), stride=(1, 1), padding='same'):
  spec = specs.Conv('conv2d', 1, window, stride, padding)
  return cases.make(spec, size, node)


def _pool(size, node, window=(2, 2), padding='same'):
  spec = specs.Pool('max_pool2d', window=window, padding=padding)
  return cases.make(spec, size, node)


class HeadingTest(parameterized.TestCase):
  def heading(self, case):
    return window.heading(case, cases.compute(case)).splitlines()

  def test_layer_and_window(self):
    case = _conv((5, 4), (1, 0), (3, 2), (2, 1), 'valid')
    self.assertEqual(
      self.heading(case),
      [
        'conv2d: image 5x4, window 3x2, stride 2x1, padding valid, output 2x3',
        'The window of node (1, 0) covers rows 2 to 4 and columns 0 to 1, '
        'in [ ].',
      ],
    )

  @parameterized.parameters(
    (_conv((5, 5), (0, 4)), 'row -1 and column 5, in ( ): it counts as 0.'),
    (_conv((5, 5), (2, 0)), 'column -1, in ( ): it counts as 0.'),
    (_conv((5, 5), (0, 2), (5, 5)), 'rows -2 to -1, in ( ): it counts as 0.'),
    (_pool((5, 4), (2, 0)), 'row 5, in ( ): it is left out.'),
  )
  def test_padding_is_named(self, case, words):
    self.assertEqual(self.heading(case)[2], f'Padding is {words}')

  def test_no_padding_in_the_middle(self):
    self.assertLen(self.heading(_conv((5, 5), (2, 2))), 2)

  @parameterized.parameters(
    (_pool((5, 5), (0, 0), padding='valid'), 'row 4 and column 4'),
    (_pool((5, 4), (0, 0), padding='valid'), 'row 4'),
    (_conv((7, 7), (0, 0), (1, 1), (1, 3), 'valid'), 'columns 1, 2, 4, 5'),
  )
  def test_what_no_window_covers_is_named(self, case, words):
    self.assertEqual(self.heading(case)[2], f'No window covers {words}.')


class GridsTest(absltest.TestCase):
  def test_rows_of_the_window(self):
    self.assertEqual(
      list(window.rows(_conv((5, 5), (0, 4)))),
      [(-1, [None] * 3), (0, [2, 1, None]), (1, [1, 0, None])],
    )

  def test_zeros_of_the_padding_stand_beside_the_image(self):
    self.assertEqual(
      window.image_grid(_conv((2, 2), (1, 1))),
      [
        'image',
        '   0   1   2',
        '0 [6] [9] (0)',
        '1 [7] [8] (0)',
        '2 (0) (0) (0)',
      ],
    )

  def test_padding_of_a_pooling_is_no_number(self):
    self.assertEqual(
      window.image_grid(_pool((1, 3), (0, 1))),
      ['image', '   0   1   2   3', '0  6   9  [9] (-)', '1         (-) (-)'],
    )

  def test_padding_gets_no_gradient(self):
    case = _pool((1, 3), (0, 1))
    values = cases.compute(case)
    self.assertEqual(
      window.output_grid('output', case, values),
      ['output', '   0   1', '0  9  [9]'],
    )
    self.assertEqual(
      window.image_gradient_grid(case, values)[1:],
      ['   0   1   2', '0  0   0  [1]'],
    )


if __name__ == '__main__':
  absltest.main()
