"""Tests of kill.py: a run that is killed ends like one that was not."""

import pathlib
import random

from absl.testing import absltest

from tests import kill


class KillTest(absltest.TestCase):
  def test_ten_kills_do_not_change_a_byte(self):
    folder = pathlib.Path(self.create_tempdir().full_path)
    seed = random.randrange(1000)
    with self.subTest(seed=seed):
      killed = list(kill.kill(10, folder, random.Random(seed)))
      self.assertLen(killed, 10)
      self.assertTrue((folder / '0' / 'result.json').exists())


if __name__ == '__main__':
  absltest.main()
