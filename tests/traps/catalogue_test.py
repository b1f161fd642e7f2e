"""Every trap: its right answer, found another way, and whether it springs."""

import pathlib
import tempfile
import types

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.data import datasets
from cnn_tf.network import ops
from cnn_tf.run import storage
from cnn_tf.traps import answers
from cnn_tf.traps import catalogue
from cnn_tf.traps import number_of_threads
from cnn_tf.traps import trial
from tests import processes  # noqa: F401, prepares the forkserver

_PACKAGE = pathlib.Path(catalogue.__file__).parent.parent
# What these do is documented, or cannot be otherwise: they spring everywhere.
_EVERYWHERE = (
  'conv2d_does_not_flip',
  'same_pads_the_end',
  'average_of_padding',
  'softmax_then_log',
  'label_outside',
  'counting_in_float32',
  'one_more_draw',
  'graph_that_stays',
  'python_number_retraces',
  'python_number_freezes',
  'shuffle_then_cache',
  'dropped_remainder',
  'mean_of_means',
  'restore_of_a_mismatch',
  'damaged_checkpoint',
)


def _gradient(function, values):
  values = tf.constant(values)
  with tf.GradientTape() as tape:
    tape.watch(values)
    result = function(values)
  return tape.gradient(result, values)


def _filter_row(row, kernel, stride):
  row, kernel = tf.constant(row), tf.constant(kernel)[:, None, None]
  return tf.nn.conv1d(row[None, :, None], kernel, stride, 'VALID')[0, :, 0]


def _average_with_zeros():
  padded = tf.pad(tf.ones([1, 2, 2, 1]), [[0, 0], [1, 1], [1, 1], [0, 0]])
  return tf.nn.avg_pool2d(padded, 3, 1, 'VALID')[0, :, :, 0]


def _stride_by_slices():
  sums = [
    tf.reduce_sum(tf.ones([5, 28, 28, n])[:, ::2, ::2], [0, 1, 2])
    for n in (1, 4)
  ]
  return np.unique(np.concatenate(sums))


def _max_pool_gradient(maps):
  def pool(values):
    return tf.nn.max_pool2d(values[None, ..., None], 2, 2, 'VALID')

  return _gradient(pool, maps)


def _fused_cross_entropy():
  def loss(logits):
    return tf.nn.sparse_softmax_cross_entropy_with_logits([0], logits[None])[0]

  logits = [0.0, 1000.0]
  return [loss(tf.constant(logits)), *_gradient(loss, logits)]


def _num_bits_of_project():
  pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
  in_a_graph = tf.function(datasets.to_float)(pixels)
  return np.count_nonzero(in_a_graph != datasets.to_float(pixels))


def _num_equal_stateless():
  one, two = (tf.random.stateless_normal([4], [0, 1]) for _ in range(2))
  return np.count_nonzero(one == two)


def _num_graphs_for_tensors():
  function = tf.function(lambda rate: 1.0 - rate, autograph=False)
  for rate in (0.1, 0.01, 0.001):
    function(tf.constant(rate))
  return function.experimental_get_tracing_count()


def _rate_in_a_variable():
  rate = tf.Variable(0.1)
  function = tf.function(rate.read_value, autograph=False)
  first = function()
  rate.assign(0.01)
  return [first, function()]


def _num_orders_if_shuffled_last():
  images = tf.data.Dataset.range(10).cache().shuffle(10, seed=0)
  return len({tuple(images.as_numpy_iterator()) for _ in range(5)})


def _restored_by_its_name():
  variable = tf.Variable(0.0)
  with tempfile.TemporaryDirectory() as folder:
    path = tf.train.Checkpoint(kernel=tf.Variable(7.0)).save(f'{folder}/saved')
    tf.train.Checkpoint(kernel=variable).restore(path).assert_consumed()
  return variable


def _restored_by_this_project():
  variable = tf.Variable(0.0)
  checkpoint = tf.train.Checkpoint(variable=variable)
  with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    for epoch in (1, 2):
      variable.assign(float(epoch))
      storage.save_checkpoint(checkpoint, folder, epoch)
    (folder / 'checkpoints' / 'ckpt-2.index').write_bytes(b'')
    storage.restore_checkpoint(checkpoint, folder)
  return variable


def _num_files_without_the_board():
  with tempfile.TemporaryDirectory() as folder:
    with tf.summary.create_file_writer(folder).as_default():
      tf.summary.write('loss', 2.3, step=0)
    return len(list(pathlib.Path(folder).iterdir()))


def _num_wrong_of_project():
  maps = tf.ones([3, 3, 1, 16], tf.bfloat16)
  kernel = tf.Variable(tf.ones([1, 2, 16, 16], tf.bfloat16))
  num_wrong = 0
  for _ in range(300):
    with tf.GradientTape() as tape:
      output = ops.conv2d(maps, kernel, (2, 2), 'same')
    num_wrong += np.count_nonzero(tape.gradient(output, kernel)[:, 1]) > 0
    tf.fill([4000], 1e30)
  return num_wrong


# The right answer of each trap, not by the code of its truth(); or the error.
_RIGHT = {
  'conv2d_does_not_flip': lambda: _filter_row(
    [1.0, 2.0, 3.0, 4.0], [100.0, 10.0, 1.0], 1
  ),
  'same_pads_the_end': lambda: _filter_row(
    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0], [1.0, 1.0, 1.0], 2
  ),
  'average_of_padding': _average_with_zeros,
  'window_larger_than_map': 'UserError: conv1: .* 3x3 .* the image, .* 2x2',
  'pool_larger_than_map': 'UserError: pool1: .* 3x3 .* the image, .* 2x2',
  'image_without_batch': r'ValueError: .* not shape \(28, 28, 1\)',
  'empty_batch': lambda: [0, 5 - 3 + 1, 6 - 3 + 1, 8],
  'strided_1x1_backward': _stride_by_slices,
  'one_column_of_output': lambda: [[9.0]] * 3,
  'bfloat16_of_padding': _num_wrong_of_project,
  'grouped_by_mistake': 'ValueError: the input has 4 channels',
  'maps_before_pixels': lambda: _max_pool_gradient([[1.0, 2.0], [3.0, 4.0]]),
  'nan_in_max_pooling': lambda: tf.reduce_max(
    [[1, np.nan, 2, 3], [np.nan] * 4], axis=1
  ),
  'equal_maxima': lambda: _gradient(tf.reduce_max, [[7.0, 7.0], [7.0, 7.0]]),
  'relu_of_black': lambda: _gradient(
    lambda x: x[0] + 2 * x[1] + 3 * x[2], [0.0, 0.0, 0.0]
  ),
  'softmax_then_log': _fused_cross_entropy,
  'label_outside': 'InvalidArgumentError: .*12',
  'accuracy_of_nan': lambda: np.mean(np.full(10, np.nan) == np.arange(10)),
  'division_in_a_graph': _num_bits_of_project,
  'number_of_threads': lambda: 0,
  'slower_when_compiled': lambda: 1.0,
  'counting_in_float32': lambda: int(tf.constant(2.0**24, tf.float64) + 1),
  'one_more_draw': _num_equal_stateless,
  'graph_that_stays': lambda: 0,
  'python_number_retraces': _num_graphs_for_tensors,
  'python_number_freezes': _rate_in_a_variable,
  'shuffle_then_cache': _num_orders_if_shuffled_last,
  'dropped_remainder': lambda: sum(
    len(batch) for batch in tf.data.Dataset.range(10_000).batch(128)
  ),
  'mean_of_means': lambda: (2.5 * 4 + 6.5 * 4 + 9.5 * 2) / 10,
  'restore_of_a_mismatch': _restored_by_its_name,
  'damaged_checkpoint': _restored_by_this_project,
  'scalar_for_tensorboard': _num_files_without_the_board,
}


def _num_differing_on_equal_threads():
  one, two = (number_of_threads._gradient_on(2) for _ in range(2))
  return np.count_nonzero(one != two)


class CatalogueTest(tf.test.TestCase, parameterized.TestCase):
  def test_it_has_every_file_with_an_attempt(self):
    files = [
      path.stem
      for path in pathlib.Path(catalogue.__file__).parent.glob('*.py')
      if 'def attempt():' in path.read_text()
    ]
    self.assertCountEqual(catalogue.NAMES, files)
    self.assertCountEqual(catalogue.NAMES, _RIGHT)

  @parameterized.parameters(*catalogue.NAMES)
  def test_a_trap_is_short_and_names_an_existing_file(self, name):
    trap = catalogue.load(name)
    source = pathlib.Path(trap.__file__).read_text()
    self.assertLess(len(source.splitlines()), 60)
    question, empty, *explanation = trap.__doc__.splitlines()
    self.assertEqual((question[-1] in '.:?', empty), (True, ''))
    self.assertNotEmpty(explanation)
    file = trap.AVOIDED.replace(':', '').split()[0]
    self.assertTrue((_PACKAGE / file).is_file(), file)

  @parameterized.parameters(*catalogue.NAMES)
  def test_the_right_answer_is_right(self, name):
    right, expected = answers.ask(catalogue.load(name).truth), _RIGHT[name]
    if isinstance(expected, str):
      self.assertRegex(right.error, expected)
    else:
      expected = answers.ask(expected)
      self.assertEqual((right.error, expected.error), ('', ''))
      self.assertTrue(answers.agree(right, expected), f'{right}, {expected}')

  def test_equal_numbers_of_threads_give_equal_bits(self):
    trap = types.SimpleNamespace(
      attempt=_num_differing_on_equal_threads, truth=number_of_threads.truth
    )
    self.assertEqual(list(trial.run([trap])), [('0', '0', False, '')])

  def test_what_is_documented_springs_everywhere(self):
    results = trial.run(map(catalogue.load, _EVERYWHERE))
    for name, result in zip(_EVERYWHERE, results, strict=True):
      with self.subTest(name):
        self.assertTrue(result.springs, result)


if __name__ == '__main__':
  tf.test.main()
