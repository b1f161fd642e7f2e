"""Tests of changed.py."""

import numpy as np
from absl.testing import absltest

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.studies import changed
from tests import miniature


class ChangedTest(absltest.TestCase):
  def test_labels_and_order_stay_the_same(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    folder = changed.write(plan, 'negative', lambda images: 255 - images)
    before = datasets.load('mnist', plan.data_dir)
    after = datasets.load('mnist', folder)
    for old, new in zip(before[:3], after[:3], strict=True):
      np.testing.assert_array_equal(new.images, 255 - old.images)
      np.testing.assert_array_equal(new.labels, old.labels)

  def test_existing_files_are_not_overwritten(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    folder = changed.write(plan, 'same', lambda images: images)
    self.assertEqual(changed.write(plan, 'same', np.copy), folder)
    with self.assertRaisesRegex(errors.UserError, 'holds different images'):
      changed.write(plan, 'same', lambda images: 255 - images)

  def test_a_file_in_place_of_the_folder_raises_a_user_error(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    plan.networks.write_text('')
    with self.assertRaisesRegex(errors.UserError, 'networks'):
      changed.write(plan, 'same', lambda images: images)


if __name__ == '__main__':
  absltest.main()
