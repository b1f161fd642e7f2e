"""Tests of kill.py: a run that is killed ends like one that was not."""

import pathlib
import random

from absl.testing import absltest
from absl.testing import parameterized

from tests import kill
from tests import small_data


class KillTest(parameterized.TestCase):
  @parameterized.named_parameters(('plain', {}), ('tricks', small_data.TRICKS))
  def test_ten_kills_do_not_change_a_byte(self, others):
    folder = pathlib.Path(self.create_tempdir().full_path)
    seed = random.randrange(1000)
    with self.subTest(seed=seed):
      killed = list(kill.kill(10, folder, random.Random(seed), **others))
      self.assertLen(killed, 10)
      self.assertTrue((folder / '0' / 'result.json').exists())


if __name__ == '__main__':
  absltest.main()
