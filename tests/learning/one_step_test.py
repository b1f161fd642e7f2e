"""The whole story: what it prints is consistent."""

import contextlib
import io
import re
import runpy
import time

from absl.testing import absltest


class OneStepTest(absltest.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    started = time.thread_time()  # without what else runs here
    with contextlib.redirect_stdout(io.StringIO()) as printed:
      cls.names = runpy.run_module('cnn_tf.learning.one_step')
    cls.seconds = time.thread_time() - started
    cls.printed = printed.getvalue()

  def numbers(self, pattern):
    return [float(x) for x in re.findall(pattern, self.printed)]

  def test_three_ways_to_one_gradient_agree(self):
    tape, by_hand, difference = self.numbers(
      r'(?:Tape|L2) +(-?[0-9]\.[0-9]{8})\n'
    )
    self.assertNotEqual(tape, 0)
    self.assertAlmostEqual(by_hand, tape, delta=1e-4 * abs(tape))
    self.assertAlmostEqual(difference, tape, delta=1e-4 * abs(tape))

  def test_the_update_is_rate_times_gradient(self):
    [(before, rate, after)] = re.findall(
      r'(\S+) - (\S+) \* gradient = (\S+)', self.printed
    )
    [gradient] = self.numbers(r'Tape +(-?[0-9.]+)\n')
    expected = float(before) - float(rate) * gradient
    self.assertAlmostEqual(float(after), expected, delta=2e-8)

  def test_the_loss_is_a_sum_and_the_update_lowers_it(self):
    [cross_entropy] = self.numbers(r'Loss: cross-entropy +([0-9.]+)\n')
    [penalty] = self.numbers(r'L2 penalty +([0-9.]+)\n')
    [(before, after)] = re.findall(
      r'The loss .*: ([0-9.]+) before, ([0-9.]+) after', self.printed
    )
    self.assertAlmostEqual(cross_entropy + penalty, float(before), delta=2e-4)
    self.assertLess(float(after), float(before))

  def test_every_tensor_and_every_variable_has_its_line(self):
    network, images = self.names['network'], self.names['images']
    for name in network.activations(images):
      self.assertRegex(self.printed, rf'(?m)^{name} +\(32, ')
    for variable in network.trainable_variables:
      self.assertRegex(self.printed, rf'(?m)^{variable.name[:-2]} +\(')

  def test_it_is_short_and_quick(self):
    with open(self.names['__file__']) as file:
      self.assertLessEqual(len(file.readlines()), 90)
    self.assertLess(self.seconds, 10)


if __name__ == '__main__':
  absltest.main()
