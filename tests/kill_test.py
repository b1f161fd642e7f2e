"""Tests of kill.py: a run that is killed ends like one that was not."""

import pathlib
import random

from absl.testing import absltest
from absl.testing import parameterized

from tests import kill
from tests import small_data


class KillTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    small_data.write(self.folder)

  def kill(self, count, program):
    seed = random.randrange(1000)
    with self.subTest(seed=seed):
      moments = random.Random(seed)
      killed = list(kill.kill(count, program, self.folder, moments))
      self.assertLen(killed, count)
      self.assertTrue((self.folder / '0').exists())

  @parameterized.named_parameters(('plain', {}), ('tricks', small_data.TRICKS))
  def test_ten_kills_do_not_change_a_byte(self, others):
    self.kill(10, kill.run(self.folder, **others))
    self.assertTrue((self.folder / '0' / 'result.json').exists())

  def test_three_kills_do_not_change_the_table_of_a_sweep(self):
    self.kill(3, kill.sweep(self.folder))


if __name__ == '__main__':
  absltest.main()
