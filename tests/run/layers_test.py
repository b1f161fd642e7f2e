"""The grammar of --layers, and the table of a network."""

import itertools
import os
import subprocess
import sys

import hypothesis
from absl.testing import absltest
from absl.testing import parameterized
from hypothesis import strategies as st

from cnn_tf import errors
from cnn_tf.network import geometry
from cnn_tf.network import specs
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib

_QUICK = hypothesis.settings(max_examples=100, deadline=None, derandomize=True)
_WORDS = ['conv', 'maxpool', 'avgpool', 'dense', '1', '0', '12', '3x3', '2x']
_WORDS += [
  'stride',
  'valid',
  'same',
  'relu',
  'linear',
  'softmax',
  ',',
  'dropout',
  '0.3',
]


class ParseTest(parameterized.TestCase):
  def assert_refused(self, text, words):
    with self.assertRaises(errors.UserError) as caught:
      layers.parse(text)
    self.assertEqual(str(caught.exception), words)

  def test_the_reference_network(self):
    one, two, three = (1, 1), (2, 2), (3, 3)
    self.assertEqual(
      layers.parse(settings_lib.REFERENCE_LAYERS),
      (
        specs.Conv('conv1', 32, three, one),
        specs.Pool('pool1', 'maxpool', two, two),
        specs.Conv('conv2', 64, three, one),
        specs.Pool('pool2', 'maxpool', two, two),
        specs.Conv('conv3', 64, three, one),
        specs.Dense('dense1', 100),
        specs.Dense('logits', 10, 'linear'),
      ),
    )

  def test_names_count_by_kind(self):
    text = 'maxpool 2x2, conv 8 3x3, avgpool 2x2, conv 8 1x1, dense 9, dense 8'
    names = [layer.name for layer in layers.parse(text)]
    expected = [
      'pool1',
      'conv1',
      'pool2',
      'conv2',
      'dense1',
      'dense2',
      'logits',
    ]
    self.assertEqual(names, expected)

  @parameterized.parameters('', ' ', '\n')
  def test_an_empty_text_gives_the_logits_alone(self, text):
    logits = specs.Dense('logits', 4, 'linear')
    self.assertEqual(layers.parse(text, num_classes=4), (logits,))

  def test_a_pooling_steps_by_its_window_unless_told_otherwise(self):
    default, told, _ = layers.parse('avgpool 2x3, maxpool 3x3 stride 2')
    self.assertEqual((default.kind, default.stride), ('avgpool', (2, 3)))
    self.assertEqual((told.kind, told.stride), ('maxpool', (2, 2)))

  @_QUICK
  @hypothesis.given(
    st.sampled_from(
      [('', (1, 1)), ('stride 2', (2, 2)), ('stride 3x1', (3, 1))]
    ),
    st.sampled_from(['valid', 'same']),
    st.sampled_from(specs.ACTIVATIONS),
    st.permutations([0, 1, 2, 3]),
  )
  def test_options_may_come_in_any_order(
    self, stride, padding, activation, order
  ):
    options = [stride[0], padding, activation, 'dropout 0.25']
    words = '  '.join(options[place] for place in order)
    conv, _ = layers.parse(f' conv 16 5x3 {words} ')
    expected = specs.Conv(
      'conv1', 16, (5, 3), stride[1], padding, activation, 0.25
    )
    self.assertEqual(conv, expected)

  def test_dropout_before_pooling_is_that_of_the_pooling(self):
    before = layers.parse('conv 2 3x3 dropout 0.1, maxpool 2x2 same, dense 3')
    after = layers.parse('conv 2 3x3, maxpool 2x2 same dropout 0.1, dense 3')
    self.assertEqual(before, after)
    self.assertEqual([spec.dropout for spec in after], [0, 0.1, 0, 0])
    two = 'conv 2 3x3 dropout 0.1, avgpool 2x2, maxpool 2x2 dropout 0.2'
    rates = [spec.dropout for spec in layers.parse(two)]
    self.assertEqual(rates, [0, 0.1, 0.2, 0])

  @parameterized.parameters(
    ('conv 64 3y3', 'kernel size must look like 3x3, not "3y3"'),
    ('conv 64 3', 'kernel size must look like 3x3, not "3"'),
    ('conv 64 0x3', 'kernel size must look like 3x3, not "0x3"'),
    ('conv 64 3x3x3', 'kernel size must look like 3x3, not "3x3x3"'),
    (
      'conv 3x3 64',
      'number of filters must be a whole number above 0, not "3x3"',
    ),
    ('conv 0 3x3', 'number of filters must be a whole number above 0, not "0"'),
    ('conv 64', 'conv needs a number of filters and a kernel size'),
    ('conv 64 3x3 stride 0', 'stride must look like 2 or 2x1, not "0"'),
    ('conv 64 3x3 stride', 'stride must look like 2 or 2x1, not ""'),
    ('conv 64 3x3 full', '"full" is not an option'),
    ('conv 64 3x3 elu relu', '"relu" gives the activation a second time'),
    ('conv 64 3x3 same same', '"same" gives the padding a second time'),
    ('maxpool 2', 'window must look like 3x3, not "2"'),
    ('avgpool', 'avgpool needs a size'),
    ('maxpool 2x2 relu', '"relu" is not an option of this kind of layer'),
    ('dense 9.5', 'number of units must be a whole number above 0, not "9.5"'),
    ('dense 10000', 'number of units must be at most 9999, not 10000'),
    ('maxpool 99999x1', 'window must be at most 9999, not 99999'),
    ('conv 4 3x3 stride 99999', 'stride must be at most 9999, not 99999'),
    ('dense 100 same', '"same" is not an option of this kind of layer'),
    ('dense 100 stride 2', '"stride" is not an option of this kind of layer'),
    ('Conv 64 3x3', '"Conv" is not conv, maxpool, avgpool or dense'),
    ('dense 9 dropout', 'dropout must be like 0.3, below 1, not ""'),
    ('dense 9 dropout 1', 'dropout must be like 0.3, below 1, not "1"'),
    ('dense 9 dropout -0.1', 'dropout must be like 0.3, below 1, not "-0.1"'),
    ('conv 2 3x3 dropout x', 'dropout must be like 0.3, below 1, not "x"'),
    (
      'dense 9 dropout 0.1 dropout 0.2',
      '"dropout" gives the dropout a second time',
    ),
    (
      'maxpool 2x2 tanh',
      '"tanh" is not an option of this kind of layer',
    ),
    (
      'dense 9 dropout 0.001',
      'dropout is in 256ths, from 0.004 to 0.996, not 0.001',
    ),
    (
      'dense 9 dropout 0.999',
      'dropout is in 256ths, from 0.004 to 0.996, not 0.999',
    ),
    ('', 'there is nothing between the commas'),
  )
  def test_an_error_shows_the_layer_and_the_word(self, layer, problem):
    text = f'conv 8 3x3, maxpool 2x2, {layer}'
    self.assert_refused(text, f'layer 3, "{layer}": {problem}')

  @parameterized.parameters('conv 8 3x3', 'maxpool 2x2')
  def test_nothing_slides_over_the_values_of_a_dense_layer(self, layer):
    problem = 'it cannot follow a dense layer'
    self.assert_refused(f'dense 9, {layer}', f'layer 2, "{layer}": {problem}')

  @_QUICK
  @hypothesis.given(st.lists(st.sampled_from(_WORDS), max_size=8).map(' '.join))
  def test_any_words_give_layers_or_one_line(self, text):
    try:
      parsed = layers.parse(text)
    except errors.UserError as error:
      self.assertRegex(str(error), r'\Alayer \d+, ".*": .+\Z')
    else:
      num_layers = text.count(',') + 1 if text else 0
      self.assertLen(parsed, num_layers + 1)

  def test_every_activation_of_the_help_text_is_one(self):
    for activation, kind in itertools.product(
      ('relu', 'selu', 'elu', 'tanh', 'sigmoid', 'linear'),
      ('conv 8 3x3', 'dense 8'),
    ):
      layer, _ = layers.parse(f'{kind} {activation}')
      self.assertEqual(layer.activation, activation)


def _run(*arguments, python=()):
  return subprocess.run(
    [sys.executable, *python, '-m', 'cnn_tf.run.layers', *arguments],
    env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
    capture_output=True,
    text=True,
  )


class TableTest(absltest.TestCase):
  def test_the_command_prints_the_reference_network(self):
    done = _run(f'--layers={settings_lib.REFERENCE_LAYERS}')
    self.assertEqual((done.returncode, done.stderr), (0, ''))
    *table, unseen = done.stdout.splitlines()
    cells = {line.split()[0]: line.split()[1:] for line in table}
    conv2 = ['11x11x64', '18,496', '2,230,272', '7,744', '8x8', '2x2']
    self.assertEqual(cells['conv2'], conv2)
    self.assertEqual(cells['total'][:2], ['114,454', '2,815,336'])
    self.assertEqual(
      unseen,
      '108 of 784 pixels cannot reach the output (13.8%): '
      'rows [26, 27], columns [26, 27]',
    )

  def test_dropout_before_and_after_a_pooling_is_refused(self):
    text = 'conv 2 3x3 dropout 0.1, maxpool 2x2 dropout 0.2'
    with self.assertRaisesRegex(errors.UserError, 'conv1 has dropout already'):
      layers.parse(text)

  def test_dropout_has_a_column_if_there_is_any(self):
    geometries = geometry.trace(
      layers.parse('conv 2 3x3 dropout 0.25, dense 3, dense 3 dropout 0.5'),
      (6, 6, 1),
    )
    header, *lines, _ = layers.table(geometries).splitlines()
    self.assertEndsWith(header, '  dropout')
    rates = {line.split()[0]: line[len(header) - 7 :].strip() for line in lines}
    self.assertEqual(
      {name: rate for name, rate in rates.items() if rate},
      {'conv1': '0.25', 'dense2': '0.5'},
    )

  def test_totals_are_the_sums_of_their_columns(self):
    table = layers.table(
      geometry.trace(layers.parse('conv 2 3x3, maxpool 2x2'), (6, 6, 1))
    )
    total = next(line for line in table.splitlines() if line[:5] == 'total')
    # 3*3*1*2 + 2 and 8*10 + 10; 4*4*18 and 80; 36 + 32 + 8 + 10 values
    self.assertEqual(total.split(), ['total', '110', '368', '86'])
    self.assertIn('0 of 36 pixels cannot reach the output', table)

  def test_needs_no_tensorflow(self):
    # It takes seconds to load, and a slip in --layers should not wait for it.
    done = _run(python=['-X', 'importtime'])
    self.assertIn('absl.flags', done.stderr)
    self.assertNotIn('tensorflow', done.stderr)

  def test_impossible_layers_get_one_line(self):
    done = _run('--layers=conv 4 3x29')
    self.assertEqual((done.returncode, done.stdout), (1, ''))
    self.assertEqual(
      done.stderr,
      'layers.py: conv1: a window of 3x29 does not fit on the image, '
      'which is 28x28\n',
    )


if __name__ == '__main__':
  absltest.main()
