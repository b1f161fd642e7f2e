"""Four files that do not belong together, each with its line."""

import pathlib
from unittest import mock

import numpy as np
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.data import files

# Seven training and two test images of 4x5, in three classes.
_ARRAYS = {
  'train-images': np.ones([7, 4, 5], np.uint8),
  'train-labels': np.array([0, 1, 2, 0, 1, 2, 0], np.uint8),
  'test-images': np.ones([2, 4, 5], np.uint8),
  'test-labels': np.array([2, 1], np.uint8),
}
_PATHS = [pathlib.Path('folder', name) for name in _ARRAYS]


_NAMES = [
  f'{prefix}-{kind}-ubyte'
  for prefix in ('train', 't10k')
  for kind in ('images-idx3', 'labels-idx1')
]


class FilesTest(parameterized.TestCase):
  @parameterized.parameters('mnist', 'fashion')
  def test_both_datasets_are_in_the_package(self, name):
    found = files.find(files.folder(name))
    self.assertEqual([path.name for path in found], [f'{n}.gz' for n in _NAMES])

  def test_a_plain_file_is_used_before_a_compressed_one(self):
    place = pathlib.Path(self.create_tempdir().full_path)
    for name in _NAMES:
      (place / f'{name}.gz').touch()
    (place / _NAMES[2]).touch()
    found = files.find(files.folder('mnist', str(place)))
    expected = [f'{n}.gz' for n in _NAMES]
    expected[2] = _NAMES[2]
    self.assertEqual([path.name for path in found], expected)

  def test_what_is_missing_is_named(self):
    place = pathlib.Path(self.create_tempdir().full_path)
    with self.assertRaises(errors.UserError) as caught:
      files.find(place)
    expected = f'{place}: there is no {_NAMES[0]} and no {_NAMES[0]}.gz; '
    self.assertEqual(str(caught.exception), f'{expected}the folder is empty')
    for number in range(12):
      (place / f'{number:02}.txt').touch()
    with self.assertRaises(errors.UserError) as caught:
      files.find(place)
    had = ', '.join(f'{number:02}.txt' for number in range(10))
    expected += f'it has {had} and 2 more'
    self.assertEqual(str(caught.exception), expected)
    with self.assertRaisesRegex(errors.UserError, 'no such folder'):
      files.folder('mnist', str(place / 'x'))


class OtherNamesTest(parameterized.TestCase):
  @parameterized.parameters(
    '{}-images.idx3-ubyte {}-labels.idx1-ubyte',
    '{}-images-idx3-ubyte.gz {}-labels-idx1-ubyte',
    'emnist-letters-{}-images-idx3-ubyte.gz '
    'emnist-letters-{}-labels-idx1-ubyte.gz',
    'my_{}_images_idx3_ubyte my_{}_labels_idx1_ubyte',
  )
  def test_others_write_the_names_so(self, names):
    for test in ('t10k', 'test'):
      place = pathlib.Path(self.create_tempdir().full_path)
      expected = [
        place / name.format(part)
        for part in ('train', test)
        for name in names.split()
      ]
      for path in expected:
        path.touch()
      (place / 'train-images.txt').touch()
      self.assertEqual(files.find(place), expected)

  @parameterized.parameters('raw', 'MNIST/raw', 'EMNIST/raw')
  def test_the_folders_of_torchvision(self, folder):
    place = pathlib.Path(self.create_tempdir().full_path)
    (place / folder).mkdir(parents=True)
    for name in _NAMES:
      (place / folder / name).touch()
    expected = [place / folder / name for name in _NAMES]
    self.assertEqual(files.find(place), expected)

  def test_a_folder_of_such_a_name_is_no_file(self):
    place = pathlib.Path(self.create_tempdir().full_path)
    expected = []
    for name in _NAMES:
      (place / name).mkdir()
      expected.append(place / name.replace('-idx', '.idx'))
      expected[-1].touch()
    self.assertEqual(files.find(place), expected)

  def test_two_sets_in_a_folder_are_a_question(self):
    place = pathlib.Path(self.create_tempdir().full_path)
    for name in _NAMES:
      (place / f'emnist-digits-{name}').touch()
      (place / f'emnist-letters-{name}').touch()
    with self.assertRaisesRegex(
      errors.UserError, f'which of emnist-digits-{_NAMES[0]}, emnist-letters-'
    ):
      files.find(place)
    for name in _NAMES:  # what has exactly the name comes first
      (place / name).touch()
    self.assertEqual(files.find(place), [place / name for name in _NAMES])


class ClassNamesTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.place = pathlib.Path(self.create_tempdir().full_path)
    for name in _NAMES:
      (self.place / name).touch()

  def test_without_a_file_they_are_the_labels(self):
    self.assertEqual(files.class_names(self.place, 3), ['0', '1', '2'])

  def test_each_line_is_a_name(self):
    (self.place / 'classes.txt').write_bytes('\ufeffä b\r\nc\r\n'.encode())
    self.assertEqual(files.class_names(self.place, 2), ['ä b', 'c'])
    with self.assertRaisesRegex(errors.UserError, '2 names for 3 classes'):
      files.class_names(self.place, 3)

  def test_fashion_has_names(self):
    names = files.class_names(files.folder('fashion'), 10)
    self.assertEqual((names[0], names[9]), ('T-shirt', 'ankle boot'))


class CheckTest(parameterized.TestCase):
  def test_files_that_belong_together(self):
    arrays = list(_ARRAYS.values())
    files.check(_PATHS, arrays)
    files.check(_PATHS, arrays[:2])  # the test files may stay unread

  def test_labels_that_do_not_begin_at_0_are_told(self):
    arrays = [
      array + 1 if array.ndim == 1 else array for array in _ARRAYS.values()
    ]
    with mock.patch('builtins.print') as printed:
      files.check(_PATHS, arrays)
    self.assertIn('labels begin at 1', printed.call_args.args[0])

  @parameterized.named_parameters(
    ('a_label_too_few', 'train-labels', np.zeros(6), 'shape (6,) for 7 images'),
    ('labels_in_two_axes', 'test-labels', np.zeros([2, 1]), 'shape (2, 1) for'),
    ('images_in_two_axes', 'test-images', np.zeros([2, 9]), 'not shape (2, 9)'),
    (
      'colour_images',
      'train-images',
      np.ones([7, 4, 5, 3]),
      'colour images, of 3 channels',
    ),
    ('no_images', 'test-images', np.zeros([0, 4, 5]), 'not shape (0, 4, 5)'),
    (
      'test_images_of_another_size',
      'test-images',
      np.zeros([2, 5, 4]),
      'training images are (4, 5), test images (5, 4)',
    ),
    (
      'a_test_label_that_was_never_trained',
      'test-labels',
      np.array([2, 3]),
      'test label 3 is outside the classes 0 to 2 of the training labels',
    ),
    (
      'a_training_label_far_from_the_others',
      'train-labels',
      np.array([0, 1, 2, 0, 1, 2, 99]),
      'training label 99 is outside the classes: '
      'no example has a label between 2 and 99',
    ),
  )
  def test_refuses(self, name, array, words):
    arrays = [array if key == name else _ARRAYS[key] for key in _ARRAYS]
    with self.assertRaises(errors.UserError) as caught:
      files.check(_PATHS, [a.astype(np.uint8) for a in arrays])
    self.assertIn(words, str(caught.exception))
    self.assertLen(str(caught.exception).splitlines(), 1)


if __name__ == '__main__':
  absltest.main()
