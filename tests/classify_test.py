"""Tests of classify.py: a run on bright and on dark pictures."""

import pathlib

import numpy as np
import tensorflow as tf

from tests import processes


class ClassifyTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = pathlib.Path(cls.create_tempdir(cls()).full_path)
    random = np.random.default_rng(0)
    for name, brightness in (('bright $', 205), ('dark', 0)):
      (cls.folder / 'all' / name).mkdir(parents=True)
      for number in range(40):
        pixels = random.integers(0, 50, [20, 40, 3]) + brightness
        png = tf.io.encode_png(np.uint8(pixels)).numpy()
        (cls.folder / 'all' / name / f'{number}.png').write_bytes(png)
    packed, cls.workdir = cls.folder / 'packed', cls.folder / 'run'
    for module, *arguments in (
      ('cnn_tf.pack', 'all', 'packed'),
      (
        '',
        *(f'--data_dir={packed}', f'--workdir={cls.workdir}', '--layers='),
        *('--num_validation=8', '--batch_size=8', '--num_epochs=20'),
        *('--nofigures', '--nopage', '--replicas=1'),
      ),
    ):
      done = processes.Command(cls.folder, *arguments, module=module).wait()
      assert done.code == 0, done

  def classify(self, *arguments):
    given = [f'--workdir={self.workdir}', *map(str, arguments)]
    return processes.Command(
      self.folder, *given, module='cnn_tf.classify'
    ).wait()

  def test_the_classes_have_their_names(self):
    pictures = [self.folder / 'all/dark' / name for name in ('0.png', '1.png')]
    done = self.classify(*pictures)
    self.assertEqual((done.code, done.stderr), (0, ''))
    header, *rows = done.stdout.splitlines()
    self.assertRegex(
      header, r'^picture +class +probability +class +probability'
    )
    for picture, row in zip(pictures, rows, strict=True):
      self.assertRegex(row, rf'^{picture} +dark +[5-9]\d\.\d% +bright \$')

  def test_a_negative_is_of_the_other_class(self):
    done = self.classify('--invert', self.folder / 'all/dark/0.png')
    self.assertRegex(done.stdout, r'0\.png +bright \$')

  def test_one_line_for_what_is_no_picture(self):
    path = self.folder / 'notes.png'
    path.write_text('text')
    for arguments, words in ((['--frame', path], 'not a PNG'), ([], 'no pic')):
      done = self.classify(*arguments)
      self.assertEqual(done.code, 1)
      self.assertLen(done.stderr.splitlines(), 1)
      self.assertIn(words, done.stderr)


if __name__ == '__main__':
  tf.test.main()
