"""Tests of program.py; browser_test.py runs its programs."""

from absl.testing import absltest

from cnn_tf.network import geometry
from cnn_tf.page import program
from cnn_tf.run import layers


def steps(text, size=(28, 28)):
  return program.steps(geometry.trace(layers.parse(text), (*size, 1)))


class ProgramTest(absltest.TestCase):
  def test_the_table_of_the_docstring(self):
    found = steps('conv 32 3x3')
    names = [step['name'] for step in found]
    self.assertEqual(names, ['conv1', 'conv1/relu', 'flatten', 'logits'])
    self.assertEqual(
      found[-1],
      {
        'name': 'logits',
        'layer': 'logits',
        'op': 'dense',
        'input': 'flatten',
        'inputs': [26, 26, 32],
        'outputs': [1, 1, 10],
        'window': [26, 26],
        'stride': [1, 1],
        'pads': [0, 0],
      },
    )
    self.assertEqual(found[2]['outputs'], [1, 1, 21632])

  def test_every_step_reads_the_tensor_before_it(self):
    found = steps('conv 2 3x3 linear, avgpool 2x2, dense 5 tanh')
    names = [step['name'] for step in found]
    self.assertEqual([step['input'] for step in found], ['image', *names[:-1]])
    self.assertEqual(
      names, ['conv1', 'pool1', 'flatten', 'dense1', 'dense1/tanh', 'logits']
    )

  def test_same_pads_the_end_more_than_the_start(self):
    # 11 rows and a window of 2 at stride 2: one row of padding, at the end; 10
    # columns and a window of 4 at stride 1: one column before, two after.
    [conv, *_] = steps('conv 2 2x4 stride 2x1 same', (11, 10))
    self.assertEqual(conv['pads'], [0, 1])
    self.assertEqual(conv['outputs'], [6, 10, 2])


if __name__ == '__main__':
  absltest.main()
