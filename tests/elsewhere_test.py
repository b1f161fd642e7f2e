"""docs/elsewhere.md: every program gives a run's answers."""

import contextlib
import io
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.measure import runs
from cnn_tf.run import loop
from cnn_tf.run import settings as settings_lib
from tests import documents
from tests import processes
from tests import small_data

_DOCUMENT = 'docs/elsewhere.md'
# Without a package, though it may be installed.
_WITHOUT = 'import sys\nsys.modules[{!r}] = None\n'


def _train(folder):
  """Trains the reference network until it errs on a few images in a hundred."""
  small_data.write(folder, num_train=6000, num_test=1000)
  flags = small_data.flags(
    folder,
    layers=settings_lib.REFERENCE_LAYERS,
    batch_size=50,
    num_epochs=2,
    lr_schedule='cosine',
  )
  with contextlib.redirect_stdout(io.StringIO()):
    loop.train_and_evaluate(
      settings_lib.Settings(**flags), folder / 'runs' / 'fashion', '1'
    )
  return runs.load(folder / 'runs' / 'fashion')


def _python(*arguments, folder):
  others = {k: v for k, v in os.environ.items() if not k.startswith('PYTHON')}
  done = subprocess.run(
    [sys.executable, *arguments],
    cwd=folder,
    env=others,
    capture_output=True,
    text=True,
  )
  if done.returncode:
    raise AssertionError(done.stderr)


def _execute(folder):
  """Runs the programs of the section; the answers of each become files."""
  saved_model, convert, litert, onnx = documents.blocks(
    _DOCUMENT, 'Without this package'
  )
  keep = "np.savez('{}.npz', **answers)\n"
  code = _WITHOUT.format('cnn_tf') + saved_model + keep.format('saved_model')
  _python('-c', code + convert, folder=folder)
  [command] = documents.blocks(_DOCUMENT, 'Without this package', '')
  words = command.split()
  assert words[:3] == ['python', '-m', 'tf2onnx.convert']
  converter = processes.Command(folder, *words[3:], module=words[2])
  assert converter.wait().code == 0
  code = _WITHOUT.format('tensorflow')
  for kind in ('float', 'int8'):
    code += litert.replace('int8', kind) + keep.format(kind)
  code += (
    onnx + "np.savez('onnx', classes=classes, probabilities=probabilities)"
  )
  _python('-c', code, folder=folder)


class ElsewhereTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = pathlib.Path(
      cls.enterClassContext(tempfile.TemporaryDirectory())
    )
    run = _train(cls.folder)
    cls.labels = run.data.test.labels
    images = run.data.test.images
    cls.probabilities = tf.nn.softmax(run.network(datasets.to_float(images)))
    np.save(cls.folder / 'images.npy', images)
    np.save(cls.folder / 'training_images.npy', run.data.train.images)
    _execute(cls.folder)

  def answers(self, program):
    return np.load(self.folder / f'{program}.npz')

  def accuracy(self, classes):
    return np.mean(classes == self.labels)

  def test_in_float32_all_agree_on_1000_images(self):
    self.assertLen(self.labels, 1000)
    for program in ('saved_model', 'float', 'onnx'):
      answers = self.answers(program)
      with self.subTest(program):
        self.assertAllClose(
          answers['probabilities'], self.probabilities, rtol=0, atol=1e-5
        )
        # Nearly equal probabilities may change places.
        expected = np.argmax(self.probabilities, axis=1)
        self.assertLessEqual(np.sum(answers['classes'] != expected), 1)

  def test_8_bit_integers_cost_at_most_2_images_of_1000(self):
    accuracy = self.accuracy(np.argmax(self.probabilities, axis=1))
    self.assertGreater(accuracy, 0.95)
    small = self.accuracy(self.answers('int8')['classes'])
    self.assertGreaterEqual(small, accuracy - 0.002 - 1e-9)

  def test_with_8_bit_integers_the_file_is_a_quarter(self):
    sizes = [
      (self.folder / f'{kind}.tflite').stat().st_size
      for kind in ('int8', 'float')
    ]
    self.assertBetween(sizes[0] / sizes[1], 0.2, 0.3)


if __name__ == '__main__':
  tf.test.main()
