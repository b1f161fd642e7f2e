"""Tests of patterns.py."""

import numpy as np
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.figures import patterns
from cnn_tf.measure import excitation

_STEPS = (0, 10, 100, 200)


def _found(number, best=1.0, patch=1.0, is_unit=False):
  random = np.random.default_rng(number)
  return excitation.Excitation(
    number,
    True,
    np.array([best - 0.5, best]),
    random.random([4, 28, 28]),
    patch,
    np.array([best, best - 0.5]),
    None if is_unit else random.random([8, 8]),
    np.full(9, patch),
    [random.random([8, 8])] * 9,
  )


def _draw(excitations):
  figure = patterns.patterns('conv2', excitations, _STEPS, 'Objective', 'run r')
  texts = [text.get_text() for text in figure.texts]
  return (
    figure.axes,
    texts,
    [t.get_text() for p in figure.axes for t in p.texts],
  )


class PatternsTest(parameterized.TestCase):
  @parameterized.parameters((3, 1), (16, 1), (17, 2), (64, 2))
  def test_every_map_has_a_row(self, num_maps, num_columns):
    panels, texts, _ = _draw([_found(number) for number in range(num_maps)])
    self.assertLen(panels, num_columns)
    shown = sum(len(panel.images) for panel in panels)
    self.assertEqual(shown, num_maps * (4 + 1 + 9))
    self.assertContainsSubset(map(str, range(num_maps)), texts)

  def test_a_unit_has_no_pattern_of_the_centre_node(self):
    panels, texts, _ = _draw([_found(0, is_unit=True)])
    self.assertLen(panels[0].images, 4 + 9)
    self.assertNotIn('centre node', texts)

  def test_objective_start_steps_and_scores_are_written(self):
    found = _found(5, best=3.25, patch=2.5)
    panels, texts, labels = _draw([found])
    self.assertContainsSubset(['5', 'start 1', 'Objective'], texts)
    snapshots = ['step 0', 'step 10', 'step 100', '200: 3.25']
    self.assertEqual(labels, [*snapshots, '3.25', *['2.5'] * 9])
    images = [*found.trajectory, found.pattern, *found.patches]
    for image, shown in zip(images, panels[0].images, strict=True):
      np.testing.assert_array_equal(shown.get_array(), image)
      self.assertEqual(shown.get_clim(), (0, 1))

  def test_each_status_is_written_and_counted(self):
    excitations = [
      _found(0),
      _found(1, patch=2),
      _found(2, best=-1, patch=-2),
      _found(3, patch=-1),
    ]
    _, texts, labels = _draw(excitations)
    self.assertEqual(
      texts[0],
      'Patterns that excite conv2 most: '
      '1 converged, 1 not converged, 1 dead, 1 silent',
    )
    self.assertContainsSubset(['not converged', 'dead', 'silent'], texts)
    # Both patterns of the dead map are crossed out.
    self.assertEqual(labels.count('dead'), 2)


if __name__ == '__main__':
  absltest.main()
