"""Cases, and their values on paper."""

import numpy as np
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.explain import case as cases
from cnn_tf.network import specs


def _conv(window=(3, 3), stride=(1, 1), padding='valid'):
  return specs.Conv('conv2d', 1, window, stride, padding)


def _pool(kind, window=(2, 2), stride=(2, 2), padding='valid'):
  return specs.Pool('pool', kind, window, stride, padding)


_DENSE = specs.Dense('dense', units=3, activation='relu')


class CaseTest(parameterized.TestCase):
  def test_arrays_are_the_top_left_part_of_the_constants(self):
    case = cases.make(_conv((2, 3)), (3, 4))
    np.testing.assert_array_equal(
      case.image[0, :, :, 0], [[6, 9, 9, 2], [7, 8, 9, 1], [9, 8, 5, 2]]
    )
    np.testing.assert_array_equal(
      case.kernel[:, :, 0, 0], [[1, 0, -1], [2, 0, -2]]
    )

  @parameterized.parameters(
    (_conv(), (1, 1)),  # the middle of 3x3
    (_conv(padding='same'), (4, 4)),  # the last of 5x5
    (_pool('maxpool', padding='same'), (2, 2)),
    (_DENSE, (1,)),
  )
  def test_default_node(self, spec, node):
    self.assertEqual(
      cases.make(spec, (5, 5) if node[1:] else (2, 3)).node, node
    )

  def test_covered_includes_padding(self):
    case = cases.make(_conv(padding='same'), (5, 5), (0, 4))
    self.assertEqual(case.covered(), (range(-1, 2), range(3, 6)))
    case = cases.make(_conv(stride=(2, 1)), (5, 5), (1, 2))
    self.assertEqual(case.covered(), (range(2, 5), range(2, 5)))

  @parameterized.parameters(
    (_conv(), (3, 0), 'the output is 3x3, so its nodes are 0,0 to 2,2'),
    (_conv(), (0,), 'the output is 3x3, so its nodes are 0,0 to 2,2'),
    (_DENSE, (3,), 'the output is 3 units, so its nodes are 0 to 2'),
    (_DENSE, (0, 0), 'the output is 3 units, so its nodes are 0 to 2'),
  )
  def test_a_node_outside_of_the_output_is_refused(self, spec, node, words):
    size = (2, 3) if spec is _DENSE else (5, 5)
    with self.assertRaisesRegex(errors.UserError, words):
      cases.make(spec, size, node)

  def test_a_window_that_does_not_fit_is_refused(self):
    with self.assertRaisesRegex(errors.UserError, '3x3 does not fit'):
      cases.make(_conv(), (2, 5))


class ComputeTest(absltest.TestCase):
  def test_conv2d(self):
    values = cases.compute(cases.make(_conv(), (5, 5), (1, 1)))
    # Columns 1 and 3 of rows 1 to 3: 8 + 2 * 8 + 7 - (1 + 2 * 2 + 3) = 23.
    self.assertEqual(values.pre_activation[0, 1, 1, 0], 23 - 2)
    self.assertEqual(values.output[0, 1, 1, 0], 21)
    np.testing.assert_array_equal(
      values.by_kernel[:, :, 0, 0], [[8, 9, 1], [8, 5, 2], [7, 4, 3]]
    )
    np.testing.assert_array_equal(
      values.by_image[0, 1:4, 1:4, 0], [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    )
    self.assertEqual(np.count_nonzero(values.by_image), 6)
    self.assertEqual(values.by_bias, [1])

  def test_nothing_passes_a_relu_below_0(self):
    values = cases.compute(cases.make(_conv(), (5, 5), (0, 0)))
    # 6 + 2 * 7 + 9 - (9 + 2 * 9 + 5) - 2
    self.assertEqual(values.pre_activation[0, 0, 0, 0], -5)
    self.assertEqual(values.output[0, 0, 0, 0], 0)
    for gradient in (values.by_image, values.by_kernel, values.by_bias):
      self.assertFalse(np.any(gradient))

  def test_padding_of_same_counts_as_0_in_conv2d(self):
    values = cases.compute(cases.make(_conv(padding='same'), (5, 5), (4, 4)))
    self.assertEqual(values.pre_activation[0, 4, 4, 0], 3 + 2 * 4 - 2)
    np.testing.assert_array_equal(
      values.by_kernel[:, :, 0, 0], [[3, 1, 0], [4, 3, 0], [0, 0, 0]]
    )

  def test_the_first_of_equal_maxima_gets_the_gradient(self):
    values = cases.compute(cases.make(_pool('maxpool'), (5, 5), (0, 1)))
    self.assertEqual(values.output[0, 0, 1, 0], 9)  # of 9, 2, 9, 1
    self.assertEqual(values.by_image[0, 0, 2, 0], 1)
    self.assertEqual(values.by_image.sum(), 1)

  def test_padding_is_no_part_of_a_mean(self):
    spec = _pool('avgpool', padding='same')
    values = cases.compute(cases.make(spec, (5, 5), (2, 1)))
    self.assertEqual(values.output[0, 2, 1, 0], (5 + 4) / 2)
    np.testing.assert_array_equal(
      values.by_image[0, 4, :, 0], [0, 0, 0.5, 0.5, 0]
    )
    self.assertEqual(values.by_image.sum(), 1)

  def test_dense(self):
    values = cases.compute(cases.make(_DENSE, (2, 3), (1,)))
    # Inputs 6 9 9 7 8 9, weights 1 -1 2 0 1 -1, bias -2.
    self.assertEqual(values.output[0, 1], 6 - 9 + 18 + 8 - 9 - 2)
    np.testing.assert_array_equal(
      values.by_image[0, :, :, 0], [[1, -1, 2], [0, 1, -1]]
    )
    np.testing.assert_array_equal(values.by_kernel[:, 1], [6, 9, 9, 7, 8, 9])
    self.assertFalse(np.any(values.by_kernel[:, [0, 2]]))
    np.testing.assert_array_equal(values.by_bias, [0, 1, 0])


if __name__ == '__main__':
  absltest.main()
