"""Explanations that one can check on paper."""

import itertools
import re

from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.explain import case as cases
from cnn_tf.explain import terms
from cnn_tf.network import specs

_DENSE = specs.Dense('dense', units=3, activation='relu')


def _spec(op, window, stride, padding):
  if op == 'conv2d':
    return specs.Conv(op, 1, window, stride, padding)
  kind = {'max_pool2d': 'maxpool', 'avg_pool2d': 'avgpool'}[op]
  return specs.Pool(op, kind, window, stride, padding)


def _explain(spec, size, node=None):
  case = cases.make(spec, size, node)
  return terms.explain(case, cases.compute(case))


def _many_cases():
  """All ops, at the first and at the default node."""
  for op, window, stride, padding, size, node in itertools.product(
    ('conv2d', 'max_pool2d', 'avg_pool2d'),
    ((1, 1), (2, 3), (3, 3), (5, 5)),
    ((1, 1), (2, 2), (1, 3)),
    ('valid', 'same'),
    ((1, 1), (3, 7), (5, 5), (8, 8)),
    ((0, 0), None),
  ):
    try:
      yield cases.make(_spec(op, window, stride, padding), size, node)
    except errors.UserError:
      assert padding == 'valid'  # the window does not fit
  for unit in range(3):
    yield cases.make(_DENSE, (4, 4), (unit,))


class ExplainTest(parameterized.TestCase):
  def assert_has_lines(self, text, *lines):
    """The lines are in the text one after another, but for their spaces."""
    words = [' '.join(line.split()) for line in text.splitlines()]
    self.assertContainsInOrder(['\n'.join(lines)], '\n'.join(words))

  def test_conv2d(self):
    text = _explain(_spec('conv2d', (3, 3), (1, 1), 'valid'), (5, 5))
    self.assert_has_lines(
      text,
      'row 1: 8 * 1 + 9 * 0 + 1 * -1 = 7',
      'row 2: 8 * 2 + 5 * 0 + 2 * -2 = 12',
      'row 3: 7 * 1 + 4 * 0 + 3 * -1 = 4',
      'sum = 23',
      'bias = -2',
      'pre-activation = 21',
      'relu(21) = 21',
    )
    self.assert_has_lines(
      text,
      'relu: 21 is above 0, so the gradient 1 passes',
      'the bias gets 1',
      'image[i + 1, j + 1] gets 1 * kernel[i, j]',
      'kernel[i, j] gets 1 * image[i + 1, j + 1]',
    )

  def test_a_relu_below_0_lets_nothing_pass(self):
    text = _explain(_spec('conv2d', (3, 3), (1, 1), 'valid'), (5, 5), (0, 0))
    self.assert_has_lines(
      text,
      'relu: -5 is not above 0, so nothing passes: 1 * 0 = 0',
      'the bias gets 0',
      'image[i, j] gets 0 * kernel[i, j]',
    )

  def test_zeros_of_same_are_in_the_products(self):
    text = _explain(_spec('conv2d', (3, 3), (1, 1), 'same'), (5, 5), (0, 1))
    self.assert_has_lines(
      text,
      'row -1: (0) * 1 + (0) * 0 + (0) * -1 = 0',
      'row 0: 6 * 2 + 9 * 0 + 9 * -2 = -6',
      'row 1: 7 * 1 + 8 * 0 + 9 * -1 = -2',
      'sum = -8',
    )
    self.assertIn('padding is 0, and what it would get is dropped', text)

  def test_max_pool2d(self):
    text = _explain(_spec('max_pool2d', (2, 2), (2, 2), 'valid'), (5, 5))
    self.assert_has_lines(
      text, 'row 2: max(5, 2) = 5', 'row 3: max(4, 3) = 4', 'maximum = 5'
    )
    self.assertIn('The maximum, pixel (2, 2), gets 1, the others 0.', text)

  def test_equal_maxima_are_counted(self):
    text = _explain(
      _spec('max_pool2d', (2, 2), (2, 2), 'valid'), (5, 5), (0, 1)
    )
    self.assertIn('occurs 2 times: the first, pixel (0, 2), gets 1', text)

  def test_avg_pool2d(self):
    text = _explain(_spec('avg_pool2d', (2, 2), (2, 2), 'valid'), (5, 5))
    self.assert_has_lines(
      text,
      'row 2: 5 + 2 = 7',
      'row 3: 4 + 3 = 7',
      'sum = 14',
      'divided by 4 = 3.5',
    )
    self.assertIn('gets 1 / 4 = 0.25, the others 0.', text)

  def test_a_mean_leaves_padding_out(self):
    text = _explain(_spec('avg_pool2d', (2, 2), (2, 2), 'same'), (5, 5), (2, 1))
    self.assert_has_lines(
      text, 'row 4: 5 + 4 = 9', 'sum = 9', 'divided by 2 = 4.5'
    )
    self.assertNotIn('row  5:', text)

  def test_dense(self):
    text = _explain(_DENSE, (2, 3))
    self.assert_has_lines(
      text,
      'input 0, pixel (0, 0): 6 * 1 = 6',
      'input 1, pixel (0, 1): 9 * -1 = -9',
      'input 2, pixel (0, 2): 9 * 2 = 18',
      'input 3, pixel (1, 0): 7 * 0 = 0',
      'input 4, pixel (1, 1): 8 * 1 = 8',
      'input 5, pixel (1, 2): 9 * -1 = -9',
      'sum = 14',
      'bias = -2',
      'pre-activation = 12',
      'relu(12) = 12',
    )

  def test_every_explanation_fits_into_80_columns(self):
    for case in _many_cases():
      text = terms.explain(case, cases.compute(case))
      self.assertLessEqual(max(map(len, text.splitlines())), 80, text)

  def test_the_terms_lead_to_the_output_of_reference(self):
    for case in _many_cases():
      values = cases.compute(case)
      text = terms.explain(case, values)
      forward = text.partition('Forward: ')[2].partition('Backward: ')[0]
      *numbers, last = map(float, re.findall(r'= +(\S+)\n', forward))
      self.assertAlmostEqual(
        last, values.output[0, *case.node].item(), delta=1e-4
      )
      if case.kernel is not None:
        *products, total, bias, pre_activation = numbers
        self.assertEqual(sum(products), total)
        self.assertEqual(total + bias, pre_activation)


if __name__ == '__main__':
  absltest.main()
