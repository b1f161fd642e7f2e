"""Finding the files of a dataset."""

import pathlib

from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.data import files

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
    expected = f'{place}: there is no {_NAMES[0]} and no {_NAMES[0]}.gz'
    self.assertEqual(str(caught.exception), expected)
    with self.assertRaisesRegex(errors.UserError, 'no such folder'):
      files.folder('mnist', str(place / 'x'))


if __name__ == '__main__':
  absltest.main()
