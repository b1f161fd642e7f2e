"""Tests of environment.py."""

import json
import os
import pathlib
import platform
import shutil
import subprocess
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.data import datasets
from cnn_tf.run import environment
from tests import small_data


class EnvironmentTest(tf.test.TestCase, parameterized.TestCase):
  def test_json_keeps_all_of_it(self):
    here = environment.describe(2)
    self.assertEqual(json.loads(json.dumps(here)), here)

  def test_says_which_versions_decide_the_bits(self):
    here = environment.describe(1)
    self.assertEqual(here['tensorflow'], tf.version.VERSION)
    self.assertEqual(here['python'], platform.python_version())

  def test_two_calls_agree_except_for_the_replicas(self):
    one, two = environment.describe(1), environment.describe(2)
    self.assertEqual(one | {'replicas': 2}, two)

  def test_cores_are_those_that_this_process_may_use(self):
    here = environment.describe(1)
    nproc = subprocess.run(['nproc'], capture_output=True, check=True)
    self.assertEqual(here['cores'], int(nproc.stdout))

  def test_onednn_can_be_switched_off(self):
    with mock.patch.dict(os.environ, TF_ENABLE_ONEDNN_OPTS='0'):
      off = environment.describe(1)
    with mock.patch.dict(os.environ):
      os.environ.pop('TF_ENABLE_ONEDNN_OPTS', None)
      default = environment.describe(1)
    self.assertEqual((off['onednn'], default['onednn']), ('0', 'default'))

  def test_variables_by_which_libraries_choose_their_code(self):
    deciding = {
      'ONEDNN_MAX_CPU_ISA': 'AVX2',
      'ONEDNN_DEFAULT_FPMATH_MODE': 'BF16',
      'TF_NUM_INTRAOP_THREADS': '1',
      'TF_XLA_FLAGS': '--tf_xla_auto_jit=2',
      'XLA_FLAGS': '--x',
    }
    idle = {'TF_CONFIG': '{}', 'TF_CPP_MIN_LOG_LEVEL': '1', 'HOME': '/x'}
    with mock.patch.dict(os.environ, deciding | idle):
      here = environment.describe(1)
    self.assertEqual(here, here | deciding)
    self.assertNoCommonElements(here, idle)

  def test_the_instructions_of_the_processor(self):
    text = 'flags\t: fpu avx2 sse4_2 avx512_bf16 fma cx16 amx_tile\n'
    path = self.create_tempfile('cpuinfo', text).full_path
    with mock.patch.object(environment, '_CPUINFO', pathlib.Path(path)):
      here = environment.describe(1)
    self.assertEqual(
      here['instructions'], 'amx_tile avx2 avx512_bf16 fma sse4_2'
    )

  def test_examples_have_hashes_if_they_were_read(self):
    images, labels = np.zeros([3, 4, 5], np.uint8), np.zeros(3, np.uint8)
    part = datasets.Examples(images, labels)
    none = datasets.Examples(images[:0], labels[:0])
    names = ['training examples', 'test examples']
    whole = datasets.Dataset(part, none, part, 1)
    hashes = environment.hashes_of_examples(whole)
    self.assertCountEqual(hashes, names)
    unread = environment.hashes_of_examples(whole._replace(test=none))
    self.assertEqual(unread, {names[0]: hashes[names[0]]})
    for changed in (
      part._replace(images=images + 1),
      part._replace(labels=labels + 1),
      part._replace(images=images.reshape(3, 5, 4)),
    ):
      others = environment.hashes_of_examples(whole._replace(train=changed))
      self.assertNotEqual(others[names[0]], hashes[names[0]])
      self.assertEqual(others[names[1]], hashes[names[1]])

  def test_any_change_of_the_sources_changes_their_hash(self):
    folder = pathlib.Path(self.create_tempdir().full_path)
    (folder / 'run').mkdir()
    (folder / 'a.py').write_text('x = 1\n')
    (folder / 'run' / 'b.py').write_text('y = 2\n')
    hashes = [environment.hash_of_sources(folder)]
    (folder / 'notes.txt').write_text('')
    self.assertEqual(environment.hash_of_sources(folder), hashes[0])
    (folder / 'run' / 'b.py').write_text('y = 3\n')
    hashes.append(environment.hash_of_sources(folder))
    (folder / 'run' / 'b.py').rename(folder / 'b.py')
    hashes.append(environment.hash_of_sources(folder))
    (folder / 'a.py').unlink()
    hashes.append(environment.hash_of_sources(folder))
    self.assertLen(set(hashes), 4)

  def test_the_hash_does_not_depend_on_where_the_package_is(self):
    folder = pathlib.Path(self.create_tempdir().full_path, 'elsewhere')
    package = small_data.ROOT / 'cnn_tf'
    shutil.copytree(package, folder, ignore=shutil.ignore_patterns('*.gz'))
    here = environment.describe(1)['source_sha256']
    self.assertEqual(environment.hash_of_sources(folder), here)

  def test_the_processor_has_a_name(self):
    self.assertRegex(environment.describe(1)['cpu'], r'^\S.*\S$')

  @parameterized.parameters(
    ('fpu avx2 avx512f', ''),
    ('fpu avx512f avx512_bf16', 'avx512_bf16'),
    ('fpu avx512_bf16 amx_bf16 amx_tile', 'amx_bf16'),
    ('', ''),
  )
  def test_bfloat16_needs_instructions_for_it(self, cpu_flags, expected):
    text = f'processor : 0\nmodel name : A CPU\nflags : {cpu_flags}\n'
    with mock.patch.object(pathlib.Path, 'read_text', lambda _: text):
      self.assertEqual(environment.bfloat16_unit(), expected)
      best = environment.best_precision()
      lines = [environment.describe_precision(p) for p in (best, 'bfloat16')]
      self.assertEqual(environment.describe(1)['cpu'], 'A CPU')
    self.assertEqual(best, 'bfloat16' if expected else 'float32')
    reason = f'this machine has {expected}' if expected else 'no bfloat16 unit'
    self.assertIn(reason, lines[0])
    self.assertEqual('float32 is faster here' in lines[1], not expected)

  def test_several_machines_train_in_float32_since_they_may_differ(self):
    with (
      mock.patch.dict(os.environ, TF_CONFIG='{"cluster": {}}'),
      mock.patch.object(environment, 'bfloat16_unit', return_value='amx_bf16'),
    ):
      self.assertEqual(environment.best_precision(), 'float32')


if __name__ == '__main__':
  tf.test.main()
