"""Tests of benchmarks/taught.py and benchmarks/students.py."""

import dataclasses
import pathlib
import tempfile
import types
from unittest import mock

import numpy as np
import tensorflow as tf

from benchmarks import records
from benchmarks import results
from benchmarks import seeds
from benchmarks import students
from benchmarks import taught
from cnn_tf import errors
from cnn_tf.measure import runs
from cnn_tf.run import settings as settings_lib
from cnn_tf.sweep import kept
from cnn_tf.tricks import augment
from tests import small_data

CASE = taught.Case(
  'small', '01234567', 'small-89abcdef', 2, 4.0, 2, 'validation'
)
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
    course = students.Course(None, np.arange(3), 10 * np.arange(3), None, 0)
    shown = [course.of_epoch(n) for n in (1, 2, 3, 4)]
    self.assertEqual(shown, [(0, 0), (1, 10), (2, 20), (0, 0)])


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


class CheckTest(tf.test.TestCase):
  def assert_refused(self, message, teacher=None, **flags):
    student = {'label_smoothing': 0.0, 'layers': 'conv 4 3x3'} | flags
    with self.assertRaisesRegex(errors.UserError, f'^a.flags: .*{message}'):
      taught.check('a.flags', settings_lib.Settings(**student), teacher)

  def test_a_student_is_trained_as_its_flags_say_or_not_at_all(self):
    self.assert_refused('label_smoothing', label_smoothing=0.1)
    self.assert_refused('dropout', layers='dense 10 dropout 0.5')

  def test_teachers_have_the_data_of_the_student(self):
    for name, value in (('dataset', 'fashion'), ('num_validation', 9)):
      teacher = settings_lib.Settings(**{name: value})
      self.assert_refused(f'another --{name}$', teacher)
    settings = settings_lib.Settings(label_smoothing=0.0, layers='conv 4 3x3')
    taught.check('a.flags', settings, settings_lib.Settings())


class TaughtTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    """Two teachers, without the test images."""
    super().setUpClass()
    folder = tempfile.TemporaryDirectory()
    cls.addClassCleanup(folder.cleanup)
    cls.folder = pathlib.Path(folder.name)
    small_data.write(cls.folder)
    cls.settings = settings_lib.Settings(
      **small_data.flags(cls.folder, num_epochs=2, batch_size=64, shift=1)
    )
    for seed in (0, 1):
      seeded = dataclasses.replace(cls.settings, seed=seed)
      kept.train(seeded, cls.folder, '1', read_test=False)

  def setUp(self):
    super().setUp()
    self.table = pathlib.Path(self.create_tempdir().full_path) / 'taught.csv'

  def tearDown(self):
    for answers in self.folder.glob('answers-*'):
      answers.unlink()
    super().tearDown()

  def replace_data(self, part, change):
    """Changes the bytes of the files of a part, until the test ends."""
    for path in self.folder.glob(f'{part}-*'):
      content = path.read_bytes()
      self.addCleanup(path.write_bytes, content)
      path.write_bytes(change(path.name, content))

  def break_data(self, part):
    self.replace_data(part, lambda *_: b'not an IDX file')  # it would be seen

  def measure(self, case, wanted, folder=None):
    taught.measure(
      case,
      self.settings,
      self.settings if case.teachers else None,
      wanted,
      self.table,
      folder or self.folder,
    )
    return records.read(self.table, taught.Taught)

  def test_a_line_for_each_seed_of_a_case_and_none_is_trained_twice(self):
    self.break_data('t10k')
    first = self.measure(CASE, [0, 1])
    self.assertEqual([line.seed for line in first], [0, 1])
    self.assertBetween(first[0].accuracy, 0.3, 1)
    self.assertBetween(first[0].training_accuracy, 0.3, 1)
    self.assertBetween(first[0].teacher_accuracy, 0.3, 1)
    *before, third = self.measure(CASE._replace(versions=3), [0])
    self.assertEqual(before, first)
    self.assertEqual((third.seed, third.versions), (0, 3))
    self.break_data('train')
    self.assertEqual(self.measure(CASE, [1, 0]), [*first, third])

  def test_teachers_that_are_not_trained_end_with_one_line(self):
    with self.assertRaisesRegex(errors.UserError, 'seed0.*benchmarks.accuracy'):
      self.measure(CASE, [0], folder=self.table.parent)

  def test_the_answers_are_those_to_the_images_that_are_shown(self):
    course = students.prepare(CASE, self.settings, self.settings, self.folder)
    workdirs = students.finished(self.settings, 2, self.folder, False)
    teachers = [runs.load(place, read_test=False) for place in workdirs]
    for epoch in (1, 2, 3):
      images, answers = course.of_epoch(epoch)
      self.assertAllEqual(answers, students.answer(teachers, images))
    others = course.of_epoch(2).answers
    self.assertNotAllClose(course.of_epoch(1).answers, others)
    self.assertAllEqual(course.of_epoch(3).answers, course.of_epoch(1).answers)

  def test_the_answers_are_made_once_for_these_teachers_and_versions(self):
    def answers(case=CASE, **flags):
      settings = dataclasses.replace(self.settings, **flags)
      return students.prepare(
        case, settings, self.settings, self.folder
      ).answers

    first = answers()
    made_again = mock.patch.object(
      students, 'write', side_effect=NotImplementedError
    )
    with made_again:
      self.assertAllEqual(answers(num_epochs=3), first)
      for case, flags in (
        (CASE._replace(versions=3), {}),
        (CASE._replace(teachers=1), {}),
        (CASE, {'flip': True}),
      ):
        with self.assertRaises(NotImplementedError):
          answers(case, **flags)

  def test_without_a_teacher_it_learns_the_labels(self):
    case = CASE._replace(teacher='labels', teachers=0, temperature=1.0)
    [line] = self.measure(case, [0])
    self.assertBetween(line.accuracy, 0.3, 1)
    self.assertIsNone(line.teacher_accuracy)
    self.assertEqual(line.teacher_seconds, 0)

  def test_on_the_test_set_the_scores_are_those_of_the_test_images(self):
    # All images are black and equal, so they are all 0 to the student, or none.
    def blacken(name, content):
      header = 16 if 'images' in name else 8
      return content[:header] + bytes(len(content) - header)

    self.replace_data('t10k', blacken)
    course = students.prepare(
      CASE._replace(on='test'), self.settings, None, self.folder
    )
    scores = students.teach(self.settings, course, temperature=1)
    self.assertIn(scores['accuracy'], (0.0, 1.0))
    self.assertBetween(scores['training_accuracy'], 0.3, 0.99)

  def test_the_summary_by_hand(self):
    lines = [LINE, LINE._replace(seed=1, accuracy=0.94, seconds=700)]
    lines.append(LINE._replace(teacher='labels', teachers=0))
    _, _, row, alone = taught.summary(lines).splitlines()
    self.assertEqual(
      row.strip('| ').split(' | '),
      ['`small`', '3 `large`', '4', '18', 'test', '60', '2', '93.50 (sd 0.71)']
      + [
        '87.15 to 99.85',
        '94.00 (sd 0.00)',
        '97.00 (sd 0.00)',
        '94.50',
        '10:50',
      ]
      + ['61:40'],
    )
    self.assertStartsWith(
      alone, '| `small` | none: the labels |  | 18 | test | 60'
    )

  def test_the_document_shows_the_summary_of_the_csv_file(self):
    root = results.CONFIGS.parent
    lines = records.read(root / 'benchmarks/taught.csv', taught.Taught)
    self.assertNotEmpty(lines)
    text = (root / 'docs/results.md').read_text()
    shown = text.split('<!-- table of the students -->\n')[1]
    self.assertEqual(shown.split('\n<!-- end -->')[0], taught.summary(lines))

  def test_the_readme_and_the_flagfiles_state_the_same(self):
    root = results.CONFIGS.parent
    readme = ' '.join((root / 'README.md').read_text().split())
    lines = records.read(root / 'benchmarks/taught.csv', taught.Taught)
    accuracies = {}
    for line in lines:
      if line.on == 'test' and line.teachers:
        accuracies.setdefault(line.student, []).append(line.accuracy)
    self.assertLen(accuracies, 2)
    for student, found in accuracies.items():
      with self.subTest(student):
        flagfile = (results.CONFIGS / f'{student}.flags').read_text()
        header = results.header(found)
        self.assertIn(f'# {header}', flagfile)
        self.assertIn(header.removeprefix('Test accuracy '), readme)

  def test_all_lines_are_of_the_present_flagfiles(self):
    def digest(name, on):
      path = results.CONFIGS / f'{name}.flags'
      return kept.digest(seeds.settings_on(settings_lib.read(path), on))

    table = results.CONFIGS.parent / 'benchmarks/taught.csv'
    for line in records.read(table, taught.Taught):
      with self.subTest(f'{line.student} of {line.teacher}, seed {line.seed}'):
        self.assertEqual(line.settings, digest(line.student, line.on))
        name, _, found = line.teacher.rpartition('-')
        if name:
          self.assertEqual(found, digest(name, line.on))


if __name__ == '__main__':
  tf.test.main()
