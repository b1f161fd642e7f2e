"""Tests of benchmarks/taught.py and benchmarks/students.py."""

import pathlib
import types

import numpy as np
import tensorflow as tf

from benchmarks import records
from benchmarks import students
from benchmarks import taught
from cnn_tf.run import settings as settings_lib
from cnn_tf.tricks import augment
from tests import small_data

LINE = taught.Taught(
  *('small', '01234567', 'large-89abcdef', 3, 4.0, 18, 'test', 0, 60),
  *(0.93, 0.2, 0.94, 0.97, 0.945, 600, 3700, '2 x a CPU', '2.21.0'),
)


class VersionsTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.images = small_data.examples(640).images  # more than a batch

  def test_without_changes_they_are_the_images(self):
    found = students.version_of(self.images, augment.NONE, 3)
    self.assertEqual(found.dtype, np.uint8)
    self.assertAllEqual(found, self.images)

  def test_a_version_is_always_the_same_and_no_other(self):
    most = augment.Augmentation(shift=1, flip=True)
    one, again, other = (
      students.version_of(self.images, most, number) for number in (0, 0, 1)
    )
    self.assertAllEqual(one, again)
    differs = np.any(one != other, axis=(1, 2)).mean()
    # Of 18 shifts and flips, one is drawn twice now and then.
    self.assertBetween(differs, 0.85, 0.99)

  def test_an_image_moves_by_at_most_a_pixel(self):
    image = np.zeros([600, 28, 28], np.uint8)
    image[:, 13, 13] = 200
    found = students.version_of(image, augment.Augmentation(shift=1), 0)
    places = np.argwhere(found)
    self.assertAllInRange(places[:, 1:], 12, 14)
    self.assertLen(np.unique(places[:, 1:], axis=0), 9)

  def test_the_epochs_show_the_versions_in_turn(self):
    answers = np.arange(3)[:, np.newaxis, np.newaxis]
    data = types.SimpleNamespace(train=small_data.examples(5))
    lessons = students.Lessons(data, augment.NONE, answers, None, 0)
    shown = [lessons.of_epoch(n).answers.item() for n in (1, 2, 3, 4)]
    self.assertEqual(shown, [0, 1, 2, 0])


class AnswerTest(tf.test.TestCase):
  def test_it_is_the_mean_of_the_log_probabilities(self):
    def teacher(*probabilities):
      logits = np.log(np.float32([probabilities]))
      return types.SimpleNamespace(
        predict=lambda images: tf.repeat(logits, tf.shape(images)[0], axis=0)
      )

    teachers = [teacher(0.5, 0.5), teacher(0.2, 0.8)]
    found = students.answer(teachers, np.zeros([3, 28, 28], np.uint8))
    self.assertEqual(found.dtype, np.float16)
    expected = [np.log(0.1) / 2, np.log(0.4) / 2]
    self.assertAllClose(found, [expected] * 3, atol=1e-3)


class TaughtTest(tf.test.TestCase):
  def measure(self, teacher, seeds):
    folder = pathlib.Path(self.folder)
    settings = settings_lib.Settings(
      **small_data.flags(folder, num_epochs=2, batch_size=64, shift=1)
    )
    case = {
      'student': 'small',
      'settings': '01234567',
      'teacher': 'labels',
      'teachers': 2,
      'temperature': 4.0,
      'versions': 2,
      'on': 'validation',
    }
    teacher = teacher and settings
    taught.measure(
      case, settings, teacher, seeds, folder / 'taught.csv', folder
    )
    return records.read(folder / 'taught.csv', taught.Taught)

  def setUp(self):
    super().setUp()
    self.folder = self.create_tempdir().full_path
    small_data.write(self.folder)
    for path in pathlib.Path(self.folder).glob('t10k-*'):
      path.write_bytes(b'not an IDX file')  # it would be seen

  def test_a_line_for_each_seed_and_none_is_trained_twice(self):
    first = self.measure(True, [0, 1])
    self.assertEqual([line.seed for line in first], [0, 1])
    self.assertBetween(first[0].accuracy, 0.3, 1)
    self.assertBetween(first[0].training_accuracy, 0.3, 1)
    self.assertBetween(first[0].teacher_accuracy, 0.3, 1)
    for path in pathlib.Path(self.folder).glob('train-*'):
      path.write_bytes(b'not an IDX file')
    self.assertEqual(self.measure(True, [1, 0]), first)

  def test_without_a_teacher_it_learns_the_labels(self):
    [line] = self.measure(False, [0])
    self.assertBetween(line.accuracy, 0.3, 1)
    self.assertIsNone(line.teacher_accuracy)
    self.assertEqual(line.teacher_seconds, 0)

  def test_the_summary_by_hand(self):
    lines = [LINE, LINE._replace(seed=1, accuracy=0.94, seconds=700)]
    lines.append(LINE._replace(teacher='labels', teachers=0))
    _, _, row, alone = taught.summary(lines).splitlines()
    self.assertEqual(
      row.strip('| ').split(' | '),
      ['`small`', '3 `large`', '4', 'test', '60', '2', '93.50 (sd 0.71)']
      + [
        '87.15 to 99.85',
        '94.00 (sd 0.00)',
        '97.00 (sd 0.00)',
        '94.50',
        '10:50',
      ]
      + ['61:40'],
    )
    self.assertStartsWith(alone, '| `small` | none: the labels |  | test | 60')


if __name__ == '__main__':
  tf.test.main()
