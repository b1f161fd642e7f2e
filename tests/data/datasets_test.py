"""The datasets that come with the package, and folders with files like them."""

import gzip
import hashlib
import pathlib
import re
import struct

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.data import datasets

_DATA = pathlib.Path(datasets.__file__).parent
_TRAIN_IMAGES = 'train-images-idx3-ubyte'
_TRAIN_LABELS = 'train-labels-idx1-ubyte'
_TEST_IMAGES = 't10k-images-idx3-ubyte'
_TEST_LABELS = 't10k-labels-idx1-ubyte'


def _small_arrays():
  """Seven training and two test images of 4x5, in three classes."""
  return {
    _TRAIN_IMAGES: np.arange(140).reshape(7, 4, 5),
    _TRAIN_LABELS: np.array([0, 1, 2, 0, 1, 2, 0]),
    _TEST_IMAGES: np.arange(40).reshape(2, 4, 5),
    _TEST_LABELS: np.array([2, 1]),
  }


class ShippedTest(tf.test.TestCase, parameterized.TestCase):
  def test_files_are_whole_and_unchanged(self):
    readme = (_DATA / 'README.md').read_text()
    expected = set(re.findall(r'^([0-9a-f]{64})  (\S+)$', readme, re.MULTILINE))
    actual = set()
    for path in _DATA.glob('*/*.gz'):
      content = gzip.decompress(path.read_bytes())
      name = f'{path.parent.name}/{path.stem}'
      actual.add((hashlib.sha256(content).hexdigest(), name))
    self.assertLen(actual, 8)
    self.assertEqual(actual, expected)
    # Two of them from elsewhere: files and README cannot change together.
    self.assertContainsSubset(
      [
        (
          'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
          'mnist/t10k-labels-idx1-ubyte',
        ),
        (
          '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
          'fashion/t10k-labels-idx1-ubyte',
        ),
      ],
      actual,
    )

  def test_fashion_has_6000_training_and_1000_test_images_a_class(self):
    train, validation, test, num_classes = datasets.load('fashion')
    self.assertEqual(train.images.shape, (55000, 28, 28))
    self.assertEqual(validation.images.shape, (5000, 28, 28))
    self.assertEqual(test.images.shape, (10000, 28, 28))
    self.assertEqual(num_classes, 10)
    both = np.bincount(train.labels) + np.bincount(validation.labels)
    self.assertAllEqual(both, [6000] * 10)
    self.assertAllEqual(np.bincount(test.labels), [1000] * 10)

  def test_the_same_mnist_images_are_held_out_each_time(self):
    first, again = datasets.load('mnist'), datasets.load('mnist')
    self.assertAllEqual(first.validation.images, again.validation.images)
    self.assertAllEqual(first.train.labels, again.train.labels)
    # Today and next year: results can be compared with older ones.
    self.assertAllEqual(first.validation.labels[:5], [1, 3, 0, 1, 3])
    self.assertAllEqual(first.test.labels[:5], [7, 2, 1, 0, 4])


class HoldOutTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(10, 30, 50, 99)
  def test_every_example_is_on_one_side_and_the_order_is_kept(self, count):
    numbers = np.arange(100, dtype=np.uint8)
    everything = datasets.Examples(numbers.reshape(100, 1, 1), numbers)
    rest, held_out = datasets.hold_out(everything, count)
    self.assertLen(held_out.labels, count)
    self.assertEqual(sorted({*rest.labels, *held_out.labels}), [*range(100)])
    self.assertBetween(held_out.labels.mean(), 30, 70)  # from all over
    for side in (rest, held_out):
      self.assertAllEqual(side.labels, np.sort(side.labels))
      self.assertAllEqual(side.images.ravel(), side.labels)


class OrderTest(tf.test.TestCase):
  def test_is_a_permutation(self):
    self.assertAllEqual(tf.sort(datasets.order(1000, 0, 0)), tf.range(1000))

  def test_depends_on_seed_and_epoch_and_on_nothing_else(self):
    first = datasets.order(1000, seed=3, epoch=2)
    datasets.order(1000, seed=3, epoch=5)
    self.assertAllEqual(datasets.order(1000, seed=3, epoch=2), first)
    for other in ((3, 3), (4, 2), (2, 3)):
      same = tf.equal(datasets.order(1000, *other), first)
      # Two permutations agree in one place, on the average.
      self.assertLess(np.count_nonzero(same), 10)

  def test_is_the_same_in_a_graph(self):
    in_graph = tf.function(lambda epoch: datasets.order(100, 0, epoch))
    self.assertAllEqual(in_graph(tf.constant(7)), datasets.order(100, 0, 7))


class ToFloatTest(tf.test.TestCase):
  def test_black_is_0_and_white_is_1_in_one_map(self):
    images = tf.constant([[[0, 51, 255]], [[255, 0, 102]]], tf.uint8)
    floats = datasets.to_float(images)
    self.assertEqual(floats.dtype, tf.float32)
    self.assertEqual(floats.shape, (2, 1, 3, 1))
    expected = [[[0, 0.2, 1]], [[1, 0, 0.4]]]
    self.assertAllClose(floats[..., 0], expected, 1e-6)
    self.assertAllEqual(floats[0, 0, 0::2, 0], [0, 1])  # exactly

  def test_a_graph_gives_the_same_bits(self):
    images = tf.constant(np.arange(256, dtype=np.uint8).reshape(1, 16, 16))
    in_graph = tf.function(datasets.to_float)(images)
    self.assertAllEqual(in_graph, datasets.to_float(images))


class FolderTest(tf.test.TestCase, parameterized.TestCase):
  def write(self, arrays, compressed=()):
    folder = pathlib.Path(self.create_tempdir().full_path)
    for name, array in arrays.items():
      header = struct.pack(f'>HBB{array.ndim}I', 0, 8, array.ndim, *array.shape)
      content = header + array.astype(np.uint8).tobytes()
      if name in compressed:
        (folder / f'{name}.gz').write_bytes(gzip.compress(content))
      else:
        (folder / name).write_bytes(content)
    return str(folder)

  def assert_refused(self, words, folder, num_validation=2):
    with self.assertRaises(errors.UserError) as caught:
      datasets.load('mnist', folder, num_validation)
    message = str(caught.exception)
    self.assertIn(words, message)
    self.assertLen(message.splitlines(), 1)

  @parameterized.parameters([[]], [[_TRAIN_IMAGES, _TEST_LABELS]])
  def test_files_may_be_plain_or_compressed(self, compressed):
    folder = self.write(_small_arrays(), compressed)
    train, validation, test, num_classes = datasets.load('mnist', folder, 2)
    self.assertEqual(train.images.shape, (5, 4, 5))
    self.assertEqual(validation.images.shape, (2, 4, 5))
    self.assertAllEqual(test.images, _small_arrays()[_TEST_IMAGES])
    self.assertAllEqual(test.labels, [2, 1])
    self.assertEqual(num_classes, 3)

  def test_a_missing_folder_and_a_missing_file_are_named(self):
    arrays = _small_arrays()
    del arrays[_TEST_LABELS]
    folder = self.write(arrays)
    self.assert_refused(f'{folder}: there is no {_TEST_LABELS} and no', folder)
    self.assert_refused('no: no such folder', f'{folder}/no')

  def test_at_least_one_example_must_be_left_to_train_on(self):
    folder = self.write(_small_arrays())
    self.assertLen(datasets.load('mnist', folder, 6).train.labels, 1)
    self.assert_refused(
      '--num_validation=7 leaves none of the 7 training examples', folder, 7
    )


if __name__ == '__main__':
  tf.test.main()
