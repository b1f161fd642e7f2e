"""Teachers, their answers for some versions of all images, and a student."""

import dataclasses
import gc
import io
import pathlib
import time
import zlib
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from benchmarks import taught
from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.measure import runs
from cnn_tf.run import environment
from cnn_tf.run import evaluation
from cnn_tf.run import history
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.run import trainer
from cnn_tf.studies.measure import teaching
from cnn_tf.sweep import kept
from cnn_tf.tricks import augment
from cnn_tf.tricks import draws

_BATCH_SIZE = 500
_SEED = 0  # the same versions for all students


class Course(NamedTuple):
  """What all students of the same teachers share."""

  data: datasets.Dataset
  versions: np.ndarray  # [versions, n, height, width] uint8, training images
  answers: np.ndarray  # [versions, n, classes] float16, logits
  teacher_accuracy: float | None  # of the mean answer; None without teachers
  teacher_seconds: int  # of their training

  def of_epoch(self, epoch: int) -> teaching.Lessons:
    """The version of all images that the epoch shows, the first one being 1."""
    version = (epoch - 1) % len(self.versions)
    return teaching.Lessons(self.versions[version], self.answers[version])


def prepare(
  case: taught.Case,
  settings: settings_lib.Settings,
  teacher: settings_lib.Settings | None,
  folder: pathlib.Path,
) -> Course:
  """Asks the teachers, if there are any; otherwise the answers are the labels.

  Args:
    case: how many versions and teachers; validation or test.
    settings: of the students.
    teacher: the settings of the teachers, with any seed.
    folder: of the teachers' runs.

  Raises:
    UserError: not all teachers are trained.
  """
  read_test = case.on == 'test'
  if teacher:  # checked first: it takes a while to make the versions
    workdirs = finished(teacher, case.teachers, folder, read_test)
  data = trainer.load(settings, read_test)
  most = trainer.augmentation(settings)
  numbers = range(case.versions)
  versions = np.stack([version_of(data.train.images, most, x) for x in numbers])
  if not teacher:
    hard = np.float16(teaching.certain(data.train.labels, data.num_classes))
    answers = np.broadcast_to(hard, [case.versions, *hard.shape])
    return Course(data, versions, answers, None, 0)
  teachers = [runs.load(x, read_test=read_test) for x in workdirs]
  path = folder / table_name(teacher, case, most)
  if not path.exists():
    text = f'asking {case.teachers} teachers: {case.versions} versions'
    print(text, flush=True)  # this takes minutes
    write(path, np.stack([answer(teachers, images) for images in versions]))
  answers = np.load(path)
  examples = data.test if read_test else data.validation
  right = answer(teachers, examples.images).argmax(axis=1) == examples.labels
  seconds = sum(map(history.read_seconds, workdirs))
  return Course(data, versions, answers, float(right.mean()), round(seconds))


def table_name(
  teacher: settings_lib.Settings, case: taught.Case, most: augment.Augmentation
) -> str:
  """The name of the file of the answers, which is made once."""
  changes = f'{zlib.crc32(repr(most).encode()):08x}'
  count = f'{case.teachers}x{case.versions}'
  return f'answers-{kept.digest(teacher)}-{count}-{changes}.npy'


def write(path: pathlib.Path, array: np.ndarray) -> None:
  """Writes a `.npy` file, whole or not at all."""
  content = io.BytesIO()
  np.save(content, array)
  storage.write(path, content.getvalue())


def finished(
  settings: settings_lib.Settings,
  count: int,
  folder: pathlib.Path,
  read_test: bool,
) -> list[pathlib.Path]:
  """The folders of the runs with the seeds 0, 1, ...

  They are not trained here: this process has run ops, so that it could not
  make replicas, and the bits of the teachers would depend on who trains them.

  Raises:
    UserError: one of them is not finished.
  """
  places = []
  for seed in range(count):
    seeded = dataclasses.replace(settings, seed=seed)
    places.append(kept.workdir(seeded, folder))
    if not kept.is_finished(seeded, folder, read_test):
      raise errors.UserError(
        f'{places[-1]}: this teacher is not trained: use benchmarks.accuracy '
        f'with --seeds={count}, and --on as here'
      )
  return places


def version_of(
  images: np.ndarray, most: augment.Augmentation, version: int
) -> np.ndarray:
  """All images, each changed at random; always the same for a version.

  Args:
    images: `[n, height, width]` uint8.
    most: how far each change goes at most.
    version: from 0 on.

  Returns:
    Images of the same shape and type.
  """

  def change(batch, number):
    draw = draws.draw_for(_SEED, number, tf.range(tf.shape(batch)[0]))
    changed = augment.augment(datasets.to_float(batch), most, draw)
    return tf.cast(tf.round(255 * changed[..., 0]), tf.uint8)

  change = tf.function(change, autograph=False, reduce_retracing=True)
  batches = np.split(images, range(_BATCH_SIZE, len(images), _BATCH_SIZE))
  first = version * len(batches)
  return np.concatenate(
    [
      change(batch, tf.constant(number))
      for number, batch in enumerate(batches, first)
    ]
  )


def answer(teachers: list[runs.Run], images: np.ndarray) -> np.ndarray:
  """The mean log-probabilities of teachers, `[n, classes]` float16."""
  found = [activity.log_probabilities(one.predict, images) for one in teachers]
  return np.mean(found, axis=0).astype(np.float16)


def teach(
  settings: settings_lib.Settings, course: Course, temperature: float
) -> dict[str, Any]:
  """Trains a student; returns its scores, its time, and where it ran."""
  started = time.perf_counter()
  data = course.data
  geometries = trainer.geometries(settings, data)
  student = teaching.train(settings, geometries, course.of_epoch, temperature)
  seconds = round(time.perf_counter() - started)
  strategy = tf.distribute.get_strategy()

  def means(predict, examples):
    return evaluation.Evaluation(predict, examples, strategy)()

  examples = data.test if len(data.test.labels) else data.validation
  single = means(student, examples)
  flipped = None
  if settings.evaluate_flips:
    flipped = means(evaluation.with_flips(student), examples).accuracy
  here = environment.describe(1)
  scores = {
    'accuracy': round(single.accuracy, 6),
    'cross_entropy': round(single.cross_entropy, 6),
    'accuracy_with_flips': flipped and round(flipped, 6),
    'training_accuracy': round(means(student, data.train).accuracy, 6),
    'seconds': seconds,
    'machine': f'{replicas.num_cores()} x {here["cpu"]}',
    'tensorflow': here['tensorflow'],
  }
  gc.collect()  # graphs are in reference cycles, and hold copies of the images
  return scores
