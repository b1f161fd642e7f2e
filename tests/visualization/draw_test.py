"""Tests of draw.py."""

import csv
import pathlib
import shutil
import struct
from unittest import mock

import matplotlib
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.figures import sheet
from cnn_tf.measure import ascent
from cnn_tf.measure import runs
from cnn_tf.visualization import catalogue
from cnn_tf.visualization import draw
from tests import small_run


class DrawTest(small_run.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    draw.at_the_end(cls.workdir)

  def test_a_finished_run_has_all_figures(self):
    names = {path.name for path in (self.workdir / 'figures').iterdir()}
    layers = ('conv1', 'pool1', 'conv2', 'dense1', 'logits')
    expected = {f'maps_{layer}.png' for layer in layers}
    expected |= {f'classes_{x}.png' for x in ('conv1', 'conv2', 'dense1')}
    for name in ('curves', 'kernels', 'evolution', 'confusion'):
      expected.add(f'{name}.png')
    self.assertEqual(names, expected | {'receptive_fields.png'})
    self.assertEmpty(list(self.workdir.glob('*.partial')))

  def test_a_run_without_records_is_drawn_without_their_figures(self):
    workdir = pathlib.Path(self.create_tempdir().full_path, 'run')
    ignored = shutil.ignore_patterns('figures', 'events.*', '*.csv', '*.npz')
    shutil.copytree(self.workdir, workdir, ignore=ignored)
    draw.at_the_end(workdir)
    drawn, whole = (
      {path.name for path in (folder / 'figures').iterdir()}
      for folder in (workdir, self.workdir)
    )
    self.assertEqual(whole - drawn, {'curves.png', 'evolution.png'})

  def test_tensorboard_gets_the_figures_at_the_last_step(self):
    shown = {}
    for path in self.workdir.glob('events.*'):
      for event in tf.compat.v1.train.summary_iterator(str(path)):
        for value in event.summary.value:
          if value.metadata.plugin_data.plugin_name == 'images':
            self.assertEqual(event.step, 2 * 8)
            shown[value.tag] = tf.make_ndarray(value.tensor)
    for path in (self.workdir / 'figures').iterdir():
      width, height, png = shown.pop(path.stem)
      self.assertEqual(png, path.read_bytes())
      size = struct.unpack('>II', png[16:24])
      self.assertEqual((int(width), int(height)), size)
    self.assertEmpty(shown)

  def test_parameters_of_the_user_change_no_figure(self):
    theirs = {
      'image.origin': 'lower',
      'font.size': 20,
      'savefig.bbox': 'tight',
      'axes.facecolor': 'black',
      'image.cmap': 'hot',
      'lines.linewidth': 9,
      'text.usetex': True,
    }
    run = runs.load(self.workdir)
    folder = pathlib.Path(self.create_tempdir().full_path)
    with matplotlib.rc_context(theirs):
      draw.write(run, catalogue.of_run(run, range(3)), folder)
      self.assertEqual(matplotlib.rcParams['image.origin'], 'lower')
    for path in folder.iterdir():
      drawn = self.workdir / 'figures' / path.name
      self.assertEqual(path.read_bytes(), drawn.read_bytes(), path.name)

  def test_dollars_in_a_name_are_no_formula(self):
    names = ['$', 'a $\\frac$ b', *'23456789']
    run = runs.load(self.workdir)
    folder = pathlib.Path(self.create_tempdir().full_path, '$\\frac$')
    with mock.patch.object(runs.Run, 'class_names', names):
      run = run._replace(workdir=folder)
      draw.write(run, catalogue.of_run(run, range(3)), folder)
    self.assertNotEmpty(list(folder.iterdir()))

  def test_a_folder_that_cannot_be_created_is_reported(self):
    file = pathlib.Path(self.create_tempfile('file').full_path)
    figures = [('figure', sheet.new(1, 1, '', ''))]
    with self.assertRaisesRegex(errors.UserError, f'{file}/figures: Not a'):
      draw.write(small_run.untrained(), figures, file / 'figures')

  def test_patterns_are_written_with_their_scores(self):
    workdir = pathlib.Path(self.create_tempdir().full_path)
    short = ascent.Settings(num_starts=2, num_steps=40)
    run = small_run.untrained()._replace(workdir=workdir)
    paths = draw.write_patterns(run, 'conv2', [0, 5], short)
    folder = run.place('figures')
    names = [
      str(folder / f'patterns_conv2.{end}') for end in ('png', 'csv', 'npz')
    ]
    self.assertEqual(paths, names)
    with open(paths[1], newline='') as lines:
      rows = list(csv.DictReader(lines))
    self.assertEqual([row['map'] for row in rows], ['0', '5'])
    self.assertEqual(rows[0]['status'], 'converged')


if __name__ == '__main__':
  tf.test.main()
