"""Tests of pictures.py, with pictures of few pixels."""

import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf import pictures
from cnn_tf.measure import examples


class PicturesTest(tf.test.TestCase, parameterized.TestCase):
  def write(self, pixels, name='a.png'):
    path = pathlib.Path(self.create_tempdir().full_path, name)
    path.write_bytes(tf.io.encode_png(np.uint8(pixels)).numpy())
    return path

  def test_grey_pixels_stay_as_they_are(self):
    pixels = np.arange(12).reshape(3, 4)
    path = self.write(pixels[..., np.newaxis])
    self.assertAllEqual(pictures.read(path), pixels)
    self.assertAllEqual(pictures.read(path, invert=True), 255 - pixels)

  def test_a_colour_has_its_luminance(self):
    path = self.write([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]])
    grey = [[0.299 * 255, 0.587 * 255, 0.114 * 255, 9]]
    self.assertAllClose(pictures.read(path), grey)

  @parameterized.parameters(2, 4)
  def test_what_is_transparent_is_white(self, num_channels):
    black = [0] * (num_channels - 1)
    path = self.write([[[*black, 255], [*black, 0], [*black, 51]]])
    self.assertAllClose(pictures.read(path), [[0, 255, 204]])

  def test_the_content_decides_not_the_name(self):
    path = pathlib.Path(self.create_tempdir().full_path, 'a.png')
    path.write_bytes(
      tf.io.encode_jpeg(np.full([8, 8, 3], 77, np.uint8)).numpy()
    )
    self.assertAllClose(pictures.read(path), np.full([8, 8], 77), atol=1)

  def test_what_is_no_picture_is_named(self):
    path = pathlib.Path(self.create_tempdir().full_path, 'a.png')
    with self.assertRaisesRegex(errors.UserError, 'a.png: No such file'):
      pictures.read(path)
    for content in (b'', b'text', b'\x89PNG\r\n\x1a\n'):
      path.write_bytes(content)
      with self.assertRaisesRegex(errors.UserError, 'a.png: not a PNG, JPEG'):
        pictures.read(path)

  def test_a_picture_that_fits_is_not_changed(self):
    grey = np.arange(12, dtype=np.float32).reshape(3, 4)
    image = pictures.fit(grey, (3, 4))
    self.assertAllEqual(image, grey)
    self.assertEqual(image.dtype, np.uint8)

  def test_a_picture_keeps_its_proportions(self):
    image = pictures.fit(np.full([4, 8], 200, np.float32), (4, 4))
    self.assertAllEqual(image, [[0] * 4, [200] * 4, [200] * 4, [0] * 4])

  @parameterized.parameters(1, 27, 28, 39, 57, 64, 128)
  def test_a_square_fills_the_image(self, side):
    image = pictures.fit(np.full([side, side], 200, np.float32), (28, 28))
    self.assertAllEqual(image, np.full([28, 28], 200))

  def test_a_thin_line_keeps_a_column(self):
    image = pictures.fit(np.full([300, 2], 200, np.float32), (28, 28))
    self.assertAllEqual(np.argwhere(image.any(axis=0)), [[13]])
    self.assertAllEqual(image[:, 13], [200] * 28)

  def test_the_ink_is_framed_as_in_mnist(self):
    grey = np.zeros([90, 50], np.float32)
    grey[5:65, 7:13] = 255  # a stroke of 60x6, far from the centre
    grey[60:65, 13:30] = 128
    image = pictures.frame(grey, (28, 28))
    self.assertTrue(examples.is_framed(image[np.newaxis]))
    rows = np.flatnonzero(image.any(axis=1))
    self.assertEqual(rows[-1] - rows[0] + 1, 20)

  def test_the_paper_of_a_photograph_becomes_black(self):
    random = np.random.default_rng(0)
    grey = 20 + random.normal(0, 4, [90, 50]).astype(np.float32)
    grey[5:65, 7:13] += 170
    image = pictures.frame(grey, (28, 28))
    self.assertTrue(examples.is_framed(image[np.newaxis]))
    self.assertGreater(image.max(), 200)
    self.assertEqual(np.median(image), 0)

  def test_a_picture_without_ink_is_black(self):
    self.assertAllEqual(
      pictures.frame(np.zeros([5, 5]), (3, 3)), np.zeros([3, 3])
    )


if __name__ == '__main__':
  tf.test.main()
