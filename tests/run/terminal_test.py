"""Tests of terminal.py."""

import contextlib
import io
import pty
import re
import time
from unittest import mock

import tensorflow as tf
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.run import history
from cnn_tf.run import terminal

_ROW = history.Epoch(2, 104, 0.05, 1.61721, 0.0017, 0.4551, 0.6164, 0.8203)


def _tell(num_epochs=3, row=_ROW):
  """Two looks at an epoch, and its line."""
  lines = terminal.Terminal(num_epochs, 1000, row.is_validated)
  lines.status(row.epoch, 250, 0.1)
  lines.status(row.epoch, 1000, 0.5)
  lines.epoch(row, 0.5)


def _to_file(*args, **kwargs):
  with contextlib.redirect_stdout(io.StringIO()) as file:
    _tell(*args, **kwargs)
  return file.getvalue()


def _to_terminal():
  """The bytes that a terminal gets."""
  master, slave = pty.openpty()
  with open(slave, 'w') as stdout, contextlib.redirect_stdout(stdout):
    _tell()
  received = b''
  with contextlib.suppress(OSError), open(master, 'rb', buffering=0) as sent:
    while part := sent.read(4096):
      received += part
  return received.decode()


def _screen(received):
  """What a terminal shows then, line by line."""
  lines = []
  for sent in received.replace('\r\n', '\n').split('\n'):
    line = ''
    for part in sent.split('\r'):
      text = part.removesuffix('\033[K')
      line = text if text != part else text + line[len(text) :]
    lines.append(line)
  return '\n'.join(lines)


class TerminalTest(tf.test.TestCase, parameterized.TestCase):
  def test_the_line_of_an_epoch(self):
    line = _to_file().splitlines()[-1]
    self.assertEqual(
      line.split(),
      ['2/3', '0.05', '1.6172', '0.0017', '45.51%', '0.6164', '82.03%']
      + ['2,000', '0:00'],
    )

  @parameterized.named_parameters(
    ('usual', 3, {}),
    ('many_epochs', 100, {'epoch': 100}),
    ('a_small_rate', 3, {'learning_rate': 1.2345e-05}),
    ('a_large_loss', 3, {'train_cross_entropy': 12345.678}),
    ('a_large_penalty', 3, {'l2_penalty': 123.45678}),
    (
      'no_validation',
      3,
      {'validation_cross_entropy': None, 'validation_accuracy': None},
    ),
    ('all_correct', 3, {'train_accuracy': 1.0, 'validation_accuracy': 1.0}),
  )
  def test_numbers_stand_under_the_ends_of_their_names(
    self, num_epochs, values
  ):
    *_, header, line = _to_file(
      num_epochs, _ROW._replace(**values)
    ).splitlines()
    ends_of_names = [match.end() for match in re.finditer(r'\S+', header)]
    ends_of_numbers = [match.end() for match in re.finditer(r'\S+', line)]
    self.assertEqual(ends_of_numbers[1:], ends_of_names[1:])

  def test_a_file_gets_no_control_characters(self):
    text = _to_file()
    self.assertTrue(text.replace('\n', '').isprintable())
    self.assertLen(text.splitlines(), 4)

  def test_a_terminal_shows_how_far_the_epoch_is(self):
    received = _to_terminal()
    self.assertRegex(received, r'\r *2/3 +25% +2,500 images/s\033\[K')
    self.assertRegex(received, r'\r *2/3 +100% +2,000 images/s\033\[K')

  def test_what_stays_on_a_terminal_is_what_a_file_gets(self):
    self.assertEqual(_screen(_to_terminal()), _to_file())

  @parameterized.parameters((1, '0:30'), (3, '0:10'), (4, '0:00'))
  def test_time_left_after_an_epoch_of_ten_seconds(self, epoch, left):
    with mock.patch.object(time, 'perf_counter', side_effect=[50.0, 60.0]):
      line = _to_file(4, _ROW._replace(epoch=epoch)).splitlines()[-1]
    self.assertEqual(line.split()[-1], left)


class AlignTest(absltest.TestCase):
  def test_first_column_stands_left_and_the_others_right(self):
    rows = [['layer', 'maps', 'field'], ['conv1', 32, '3x3'], ['d', 8, '18x18']]
    self.assertEqual(
      terminal.align(rows).splitlines(),
      [
        'layer  maps  field',
        'conv1    32    3x3',
        'd         8  18x18',
      ],
    )

  def test_whole_numbers_get_commas_and_texts_do_not(self):
    self.assertEqual(
      terminal.align([[114454, '114454', 999]]).split(),
      [
        '114,454',
        '114454',
        '999',
      ],
    )

  def test_a_wide_cell_widens_its_column_only(self):
    first, second = terminal.align([['a', 1, 1], ['a', 10**9, 1]]).splitlines()
    self.assertEqual(first, 'a' + ' ' * 14 + '1  1')
    self.assertEqual(second, 'a  1,000,000,000  1')

  def test_rows_of_unequal_length_are_refused(self):
    with self.assertRaises(ValueError):
      terminal.align([['a', 1], ['b']])


if __name__ == '__main__':
  tf.test.main()
