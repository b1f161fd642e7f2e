"""Tests of benchmarks/operations.py."""

from absl.testing import absltest
from absl.testing import parameterized

from benchmarks import operations

_LOOP = 'while/body/_1'
_BACKWARD = f'{_LOOP}/gradient_tape/while'


class PartOfStepTest(parameterized.TestCase):
  @parameterized.parameters(
    ('while/Conv2D:_MklNativeConv2D', 'conv1'),
    ('while/Conv2D_1:_MklNativeConv2D', 'conv2'),
    ('while/Relu_2:_MklNativeFusedConv2D', 'conv3'),
    ('while/Relu_3:_MklNativeFusedMatMul', 'dense layers and their gradients'),
    ('while/MaxPool2d_1:_MklNativeMaxPool', 'max pooling'),
    ('while/Relu_1:Relu', 'bias and relu'),
    ('while/Cast_5:Cast', 'casts'),
    (
      'while/StatelessRandomUniformFullIntV2:StatelessRandomUniformFullIntV2',
      'dropout',
    ),
    ('while/SelectV2_1:SelectV2', 'dropout'),
    ('while/global_norm/L2Loss_9:L2Loss', 'all others'),
  )
  def test_ops_forward(self, event, part):
    self.assertEqual(operations.part_of_step(f'{_LOOP}/{event}', 3), part)

  @parameterized.parameters(
    # conv3 comes first; with its bias, where nothing is between them.
    (
      'Conv2DBackpropFilter:_MklNativeConv2DBackpropFilterWithBias',
      'kernel gradient of conv3',
    ),
    (
      'Conv2DBackpropFilter_2:_MklNativeConv2DBackpropFilter',
      'kernel gradient of conv1',
    ),
    (
      'Conv2DBackpropInput_1:_MklNativeConv2DBackpropInput',
      'input gradient of conv2',
    ),
    ('MaxPool2d/MaxPoolGrad:_MklNativeMaxPoolGrad', 'gradients of max pooling'),
    ('ReluGrad_3:ReluGrad', 'gradients of bias and relu'),
    ('MatMul_1/MatMul:_MklMatMul', 'dense layers and their gradients'),
  )
  def test_ops_backward(self, event, part):
    self.assertEqual(operations.part_of_step(f'{_BACKWARD}/{event}', 3), part)

  @parameterized.parameters('ThreadpoolListener::Region', 'Cast:Cast', 'while')
  def test_events_outside_the_training_loop_do_not_count(self, event):
    self.assertIsNone(operations.part_of_step(event, 3))


class TableTest(absltest.TestCase):
  def test_a_missing_part_takes_no_time(self):
    found = operations.median([{'a': 1.0, 'b': 2.0}, {'a': 3.0}, {'a': 2.0}])
    self.assertEqual(found, {'a': 2.0, 'b': 0.0})

  def test_the_longest_part_comes_first_and_the_sum_last(self):
    text = operations.compare(
      {
        'float32': {'conv1': 1.0, 'conv2': 3.0},
        'bfloat16': {'conv2': 1.5, 'casts': 0.5},
      }
    )
    rows = [line.split() for line in text.splitlines()[1:]]
    self.assertEqual(
      rows,
      [
        ['conv2', '3.00', '1.50', '2.00', '75.0%', '75.0%'],
        ['conv1', '1.00', '0.00', '25.0%', '0.0%'],
        ['casts', '0.00', '0.50', '0.00', '0.0%', '25.0%'],
        ['all', '4.00', '2.00', '2.00', '100.0%', '100.0%'],
      ],
    )

  def test_one_precision_has_no_ratio(self):
    text = operations.compare({'float32': {'conv1': 1.0}})
    self.assertEqual(text.splitlines()[1].split(), ['conv1', '1.00', '100.0%'])


if __name__ == '__main__':
  absltest.main()
