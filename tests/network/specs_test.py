"""What a layer says of its shapes, by hand."""

from absl.testing import absltest

from cnn_tf.network import specs
from cnn_tf.network import windows


def _conv(window, stride, padding):
  return specs.Conv('conv1', 8, window, stride, padding)


def _pool(window, stride, padding):
  return specs.Pool('pool1', 'maxpool', window, stride, padding)


class SpecsTest(absltest.TestCase):
  def test_each_filter_makes_a_map(self):
    conv = _conv((3, 5), (1, 1), 'valid')
    self.assertEqual(conv.output_shape((28, 28, 3)), (26, 24, 8))

  def test_a_kernel_is_height_width_inputs_outputs(self):
    conv = _conv((3, 5), (1, 1), 'valid')
    self.assertEqual(conv.kernel_shape((28, 28, 3)), (3, 5, 3, 8))

  def test_same_divides_by_the_stride_and_rounds_up(self):
    conv = _conv((9, 9), (2, 3), 'same')
    self.assertEqual(conv.output_shape((5, 7, 1)), (3, 3, 8))

  def test_a_pooling_keeps_the_number_of_maps_and_learns_nothing(self):
    pool = _pool((2, 2), (2, 2), 'valid')
    self.assertEqual(pool.output_shape((11, 10, 64)), (5, 5, 64))
    self.assertEqual(pool.kernel_shape((11, 10, 64)), ())

  def test_axes_are_down_and_then_across(self):
    down, across = _pool((2, 3), (4, 5), 'same').axes((6, 7, 1))
    self.assertEqual(down, windows.Axis(6, 2, 4, 'same'))
    self.assertEqual(across, windows.Axis(7, 3, 5, 'same'))

  def test_a_dense_layer_is_a_window_as_large_as_the_map(self):
    dense = specs.Dense('dense1', 100, 'relu')
    self.assertEqual(dense.kernel_shape((3, 4, 64)), (768, 100))
    self.assertEqual(dense.output_shape((3, 4, 64)), (100,))
    down, across = dense.axes((3, 4, 64))
    self.assertEqual(windows.covered(down), [range(3)])
    self.assertEqual(windows.covered(across), [range(4)])

  def test_a_dense_layer_on_a_dense_layer_has_maps_of_one_value(self):
    dense = specs.Dense('dense2', 10, 'relu')
    self.assertEqual(dense.kernel_shape((100,)), (100, 10))
    self.assertEqual([axis.size for axis in dense.axes((100,))], [1, 1])


if __name__ == '__main__':
  absltest.main()
