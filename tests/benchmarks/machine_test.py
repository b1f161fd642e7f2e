"""Tests of benchmarks/machine.py."""

from absl.testing import absltest

from benchmarks import machine

_CPUINFO = """\
processor\t: 0
cpu family\t: 26
model name\t: AMD EPYC
flags\t\t: fpu avx2 avx512f avx512_bf16

processor\t: 1
model name\t: another
flags\t\t: fpu
"""


class MachineTest(absltest.TestCase):
  def test_the_processor_has_name_and_family(self):
    self.assertEqual(machine.cpu(_CPUINFO), 'AMD EPYC, family 26')

  def test_missing_instructions_are_named_too(self):
    self.assertEqual(
      machine.instructions(_CPUINFO), 'avx2, avx512f, avx512_bf16, no amx_bf16'
    )

  def test_without_cpuinfo_they_are_unknown(self):
    self.assertEqual(machine.instructions(''), 'unknown')
    self.assertNotEmpty(machine.cpu(''))

  def test_versions_stand_in_the_description(self):
    self.assertRegex(machine.describe(), r'Python 3\.\d+\.\d+, tensorflow 2\.')


if __name__ == '__main__':
  absltest.main()
