"""Pictures in folders -> a dataset."""

import os
import pathlib

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf import pack
from cnn_tf.data import datasets
from cnn_tf.data import files
from tests import processes


def _write(path, pixels):
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_bytes(tf.io.encode_png(np.uint8(pixels)).numpy())


class ChooseTest(tf.test.TestCase):
  def test_each_class_has_its_share_and_the_same_one_again(self):
    labels = np.repeat([0, 1, 2, 3], [50, 10, 2, 3])
    is_test = pack.choose(labels, 0.2)
    self.assertAllEqual(np.bincount(labels[is_test]), [10, 2, 1, 1])
    self.assertAllEqual(is_test, pack.choose(labels, 0.2))
    self.assertAllEqual(np.bincount(labels[~pack.choose(labels, 1.0)]), [1] * 4)

  def test_one_line_without_classes(self):
    folder = pathlib.Path(self.create_tempdir().full_path)
    with self.assertRaisesRegex(errors.UserError, '0 folders; there must be 2'):
      pack.find(folder)
    with self.assertRaisesRegex(errors.UserError, 'no such folder'):
      pack.find(folder / 'x')

  def test_one_line_for_a_name_that_is_no_line_of_text(self):
    for name in ('two\nlines', os.fsdecode(b'caf\xe9')):
      folder = pathlib.Path(self.create_tempdir().full_path)
      (folder / name).mkdir()
      (folder / 'b').mkdir()
      with self.assertRaisesRegex(errors.UserError, 'rename the folder'):
        pack.find(folder)


class PackTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = pathlib.Path(cls.create_tempdir(cls()).full_path)
    random = np.random.default_rng(0)
    for number in range(40):
      dark = random.integers(0, 50, [20, 40, 3])
      _write(cls.folder / 'all/ bright $' / f'{number}.png', 255 - dark)
      _write(cls.folder / 'all/dark' / f'{number}.png', dark)
    (cls.folder / 'all/dark/notes.txt').write_text('no picture')
    cls.packed = cls.folder / 'packed'
    cls.said = cls.pack('--size=9')

  @classmethod
  def pack(cls, *options):
    given = [str(cls.folder / 'all'), str(cls.packed), *options]
    return processes.Command(cls.folder, *given, module='cnn_tf.pack').wait()

  def test_the_dataset_has_what_the_folders_have(self):
    code, printed, complaint = self.said
    self.assertEqual((code, complaint), (0, ''))
    self.assertIn('left out: ', printed)
    self.assertIn('notes.txt: not a PNG', printed)
    self.assertIn('64 training and 16 test images of 9x9, 2 classes', printed)
    data = datasets.load('', str(self.packed), 0)
    for part in (data.train, data.test):
      middle = part.images[:, 4, 4]
      self.assertAllInRange(middle[part.labels == 0], 205, 255)
      self.assertAllInRange(middle[part.labels == 1], 0, 50)
    names = files.class_names(self.packed, 2)
    self.assertEqual(names, [' bright $', 'dark'])

  def test_one_line_for_a_wrong_argument(self):
    for arguments, words in (
      (['all', 'all/dark/notes.txt'], 'notes.txt is not a folder'),
      (['~no-such-user', 'new'], '~no-such-user: '),
      (['all', 'new', '--test_fraction=nan'], '--test_fraction must be'),
    ):
      done = processes.Command(
        self.folder, *arguments, module='cnn_tf.pack'
      ).wait()
      self.assertEqual((done.code, done.stdout), (1, ''))
      self.assertRegex(done.stderr, rf'^pack.py: [^\n]*{words}[^\n]*\n$')
    self.assertFalse((self.folder / 'new').exists())

  def test_a_folder_with_files_is_left_alone(self):
    code, _, complaint = self.pack()
    self.assertEqual(
      (code, complaint), (1, f'pack.py: {self.packed} is not empty\n')
    )


if __name__ == '__main__':
  tf.test.main()
