"""Tests of export.py."""

import pathlib
import subprocess
import sys

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import export
from cnn_tf.run import layers
from tests import processes
from tests import small_data

# Without our code, and though it may be installed.
_STRANGER = """
import sys
sys.modules['cnn_tf'] = None
import numpy as np
import tensorflow as tf
serve = tf.saved_model.load('export').signatures['serving_default']
np.savez('answers', **serve(images=tf.constant(np.load('images.npy'))))
"""


def _network(text='conv 4 3x3, maxpool 2x2', seed=0):
  geometries = geometry.trace(layers.parse(text), (28, 28, 1))
  return model.ConvNet(geometries, seed)


class ExportTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)

  def serve(self, images):
    loaded = tf.saved_model.load(str(self.folder / 'export'))
    return loaded.signatures['serving_default'](images=tf.constant(images))

  def test_a_program_without_our_code_gets_the_same_answers(self):
    network, images = _network(), small_data.examples(7).images
    export.export(network, (28, 28), self.folder / 'export')
    np.save(self.folder / 'images.npy', images)
    subprocess.run(
      [sys.executable, '-c', _STRANGER], cwd=self.folder, check=True
    )
    answers = np.load(self.folder / 'answers.npz')
    probabilities = tf.nn.softmax(network(datasets.to_float(images)))
    self.assertAllClose(answers['probabilities'], probabilities)
    self.assertAllEqual(answers['classes'], np.argmax(probabilities, axis=1))

  def test_signature(self):
    export.export(_network(), (28, 28), self.folder / 'export')
    loaded = tf.saved_model.load(str(self.folder / 'export'))
    serve = loaded.signatures['serving_default']
    _, inputs = serve.structured_input_signature
    images = inputs['images']
    self.assertEqual(images.shape.as_list(), [None, 28, 28])
    self.assertEqual(images.dtype, tf.uint8)
    outputs = serve.structured_outputs
    self.assertCountEqual(outputs, ['probabilities', 'classes'])
    self.assertEqual(outputs['probabilities'].shape.as_list(), [None, 10])
    self.assertEqual(outputs['classes'].shape.as_list(), [None])

  def test_images_of_another_shape_are_an_error(self):
    export.export(_network(), (28, 28), self.folder / 'export')
    for shape in ([2, 29, 29], [2, 28, 30], [2, 28, 28, 1], [28, 28]):
      with self.assertRaisesRegex(
        tf.errors.InvalidArgumentError,
        r'images \[[\d,]+\] is not compatible with .* \[\?,28,28\]',
      ):
        self.serve(np.zeros(shape, np.uint8))

  def test_a_batch_of_any_size(self):
    export.export(_network(), (28, 28), self.folder / 'export')
    images = small_data.examples(7).images
    seven = self.serve(images)['probabilities']
    self.assertAllClose(np.sum(seven, axis=1), [1.0] * 7)
    self.assertAllClose(self.serve(images[3:4])['probabilities'], seven[3:4])

  def test_takes_the_place_of_an_older_one(self):
    images = small_data.examples(1).images
    export.export(_network(), (28, 28), self.folder / 'export')
    first = self.serve(images)['probabilities']
    (self.folder / 'export.partial').mkdir()  # as a kill leaves it
    export.export(_network('', seed=1), (28, 28), self.folder / 'export')
    self.assertNotAllClose(self.serve(images)['probabilities'], first)
    self.assertEqual([f.name for f in self.folder.iterdir()], ['export'])

  def test_a_full_disk_leaves_no_half_of_it(self):
    with (
      self.assertRaisesRegex(errors.UserError, r'^[^\n]*export: [^\n]*$'),
      processes.files_of_at_most(5000),
    ):
      export.export(_network(), (28, 28), self.folder / 'export')
    self.assertFalse((self.folder / 'export').exists())


if __name__ == '__main__':
  tf.test.main()
