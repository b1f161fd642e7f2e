"""IDX files written here by hand, and every way in which one can be damaged."""

import gzip
import os
import struct

import hypothesis
import numpy as np
from absl.testing import absltest
from absl.testing import parameterized
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cnn_tf import errors
from cnn_tf.data import idx


def _encode(array):
  axes = array.shape
  header = struct.pack(f'>HBB{len(axes)}I', 0, 0x08, len(axes), *axes)
  return header + array.tobytes()


_CONTENT = _encode(np.arange(6, dtype=np.uint8).reshape(2, 3))
_GZIP = gzip.compress(_CONTENT)
_QUICK = hypothesis.settings(max_examples=100, deadline=None, derandomize=True)


class IdxTest(parameterized.TestCase):
  def read(self, content, name='some-images'):
    return idx.read(self.create_tempfile(name, content, mode='wb').full_path)

  def assert_refused(self, path, words):
    with self.assertRaises(errors.UserError) as caught:
      idx.read(path)
    message = str(caught.exception)
    self.assertStartsWith(message, f'{path}: ')
    self.assertIn(words, message)
    self.assertLen(message.splitlines(), 1)

  def test_twelve_bytes_by_hand(self):
    content = b'\0\0\x08\x02' + b'\0\0\0\x01' + b'\0\0\0\x03' + b'\x07\x08\xff'
    self.assertEqual(self.read(content).tolist(), [[7, 8, 255]])

  @_QUICK
  @hypothesis.given(
    arrays.arrays(np.uint8, arrays.array_shapes(min_dims=0, min_side=0)),
    st.booleans(),
  )
  def test_an_array_of_any_shape_comes_back(self, array, compressed):
    content = _encode(array)
    again = self.read(gzip.compress(content) if compressed else content)
    self.assertEqual(again.dtype, np.uint8)
    self.assertEqual(again.shape, array.shape)
    self.assertEqual(again.tolist(), array.tolist())

  @parameterized.parameters('labels', 'labels.gz')
  def test_the_content_tells_gzip_and_not_the_name(self, name):
    self.assertEqual(self.read(_CONTENT, name)[1, 2], 5)
    self.assertEqual(self.read(_GZIP, name)[1, 2], 5)

  @parameterized.named_parameters(
    ('no_bytes', b'', 'not an IDX file'),
    ('three_bytes', _CONTENT[:3], 'not an IDX file'),
    ('text', b'<html>not found</html>', 'not an IDX file'),
    ('numbers_of_four_bytes', b'\0\0\x0d\x01', 'type 0x0d, not bytes (0x08)'),
    ('half_a_header', _CONTENT[:11], 'truncated in its header'),
    ('a_byte_less', _CONTENT[:-1], 'says 18 bytes, there are 17'),
    ('a_byte_more', _CONTENT + b'\0', 'too long: the header says 18 bytes'),
    ('half_a_gzip', _GZIP[:-12], 'damaged gzip'),
    ('a_wrong_checksum', _GZIP[:-8] + bytes(8), 'CRC check failed'),
    ('the_head_of_a_gzip', b'\x1f\x8b', 'damaged gzip'),
    ('a_gzip_of_nothing', gzip.compress(b''), 'not an IDX file'),
    ('more_axes_than_numpy_has', b'\0\0\x08\x65' + b'\0' * 404, 'dimension'),
  )
  def test_refuses(self, content, words):
    file = self.create_tempfile('damaged', content, mode='wb')
    self.assert_refused(file.full_path, words)

  def test_a_missing_file_and_a_folder_are_refused(self):
    folder = self.create_tempdir().full_path
    self.assert_refused(f'{folder}/nothing', 'No such file or directory')
    self.assert_refused(folder, 'Is a directory')

  def test_what_may_have_no_end_is_refused(self):
    pipe = f'{self.create_tempdir().full_path}/pipe'
    os.mkfifo(pipe)
    self.assert_refused(pipe, 'not a file')
    self.assert_refused('/dev/zero', 'not a file')

  def test_no_flipped_byte_of_a_gzip_changes_the_array_unseen(self):
    refused = 0
    for place in range(len(_GZIP)):
      damaged = bytearray(_GZIP)
      damaged[place] ^= 0xFF
      try:
        array = self.read(bytes(damaged))
        self.assertEqual(array.tolist(), [[0, 1, 2], [3, 4, 5]])
      except errors.UserError as error:
        refused += 1
        self.assertLen(str(error).splitlines(), 1)
    # Only the time, the kind of system and the like do not matter.
    self.assertGreater(refused, len(_GZIP) - 8)

  @_QUICK
  @hypothesis.given(st.binary(max_size=40), st.sampled_from([b'', b'\0\0\x08']))
  def test_any_bytes_give_an_array_or_a_user_error(self, content, start):
    try:
      self.assertEqual(self.read(start + content).dtype, np.uint8)
    except errors.UserError as error:
      self.assertLen(str(error).splitlines(), 1)


if __name__ == '__main__':
  absltest.main()
