"""One node and its gradient, term by term, as text."""

import itertools

import numpy as np

from cnn_tf.explain import case as cases
from cnn_tf.explain import typeset
from cnn_tf.explain import window
from cnn_tf.network import specs


def explain(case: cases.Case, values: cases.Values) -> str:
  """The arrays, how the node is computed, and its gradient passed back."""
  if isinstance(case.spec, specs.Conv):
    sections = _conv(case, values)
  elif isinstance(case.spec, specs.Pool):
    sections = _pool(case, values)
  else:
    sections = _dense(case, values)
  return '\n\n'.join(sections)


def _conv(case, values):
  kernel = case.kernel[:, :, 0, 0]
  terms = _products(
    [
      (f'row {y:2}:  ', pixels, weights)
      for (y, pixels), weights in zip(window.rows(case), kernel, strict=True)
    ]
  )
  return [
    window.heading(case, values),
    typeset.side_by_side(
      window.image_grid(case),
      typeset.grid('kernel', typeset.cells(kernel)),
      window.output_grid('relu(conv2d + bias)', case, values),
    ),
    f'Forward: every pixel of the window times the weight on it\n'
    f'{typeset.sum_up(terms, _totals(case, values, terms))}',
    _conv_backward(case, values),
    typeset.side_by_side(
      window.image_gradient_grid(case, values),
      typeset.grid(
        'gradient of the kernel', typeset.cells(values.by_kernel[:, :, 0, 0])
      ),
    ),
  ]


def _conv_backward(case, values):
  """What each pixel of the window gets, and each weight of the kernel."""
  rows, columns = case.covered()
  pixel = f'image[{_index("i", rows.start)}, {_index("j", columns.start)}]'
  upstream = _upstream(case, values)
  has_padding = any(mark == '()' for mark in window.marks(case).values())
  of_padding = '\n  padding is 0, and what it would get is dropped'
  return (
    f'{_backward_to_bias(case, values)}\n'
    f'  {pixel} gets {upstream} * kernel[i, j]\n'
    f'  kernel[i, j] gets {upstream} * {pixel}'
    f'{of_padding * has_padding}'
  )


def _dense(case, values):
  [unit] = case.node
  height, width = case.image.shape[1:3]
  num_inputs, num_units = case.kernel.shape
  terms = _dense_terms(case)
  column = {(i, unit): '[]' for i in range(num_inputs)}
  return [
    f'dense: image {height}x{width}, flattened to {num_inputs} inputs, '
    f'{num_units} units\n'
    f'The weights of unit {unit} are column {unit} of the kernel, in [ ].',
    typeset.side_by_side(
      typeset.grid('image', typeset.cells(case.image[0, :, :, 0])),
      typeset.grid('kernel', typeset.cells(case.kernel), column),
      typeset.grid(
        'relu(dense + bias)', typeset.cells(values.output), {(0, unit): '[]'}
      ),
    ),
    f'Forward: every input times its weight\n'
    f'{typeset.sum_up(terms, _totals(case, values, terms))}',
    _dense_backward(case, values),
    typeset.side_by_side(
      typeset.grid(
        'gradient of the image', typeset.cells(values.by_image[0, :, :, 0])
      ),
      typeset.grid(
        'gradient of the kernel', typeset.cells(values.by_kernel), column
      ),
    ),
  ]


def _dense_terms(case):
  """Each input times its weight, `(text, product)`."""
  [unit] = case.node
  width = case.image.shape[2]
  return _products(
    [
      (f'input {i:2}, pixel {divmod(i, width)}:  ', [pixel], [weight])
      for i, (pixel, weight) in enumerate(
        zip(case.image.flat, case.kernel[:, unit], strict=True)
      )
    ]
  )


def _dense_backward(case, values):
  """What each input gets, and each weight of the unit."""
  [unit] = case.node
  upstream = _upstream(case, values)
  return (
    f'{_backward_to_bias(case, values)}\n'
    f'  input i gets {upstream} * kernel[i, {unit}]\n'
    f'  kernel[i, {unit}] gets {upstream} * input i, other weights 0'
  )


def _pool(case, values):
  rows = [
    (y, [pixel for pixel in pixels if pixel is not None])
    for y, pixels in window.rows(case)
  ]
  rows = [(y, pixels) for y, pixels in rows if pixels]
  explained = _max if case.spec.kind == 'maxpool' else _mean
  forward, backward = explained(rows, values)
  return [
    window.heading(case, values),
    typeset.side_by_side(
      window.image_grid(case), window.output_grid('output', case, values)
    ),
    f'Forward: {forward}',
    f'{_backward(case)}\n  {backward}',
    typeset.side_by_side(window.image_gradient_grid(case, values)),
  ]


def _max(rows, values):
  terms = [
    (f'row {y:2}:  max({", ".join(map(typeset.number, pixels))})', max(pixels))
    for y, pixels in rows
  ]
  maximum = max(value for _, value in terms)
  count = sum(pixels.count(maximum) for _, pixels in rows)
  _, y, x, _ = np.unravel_index(values.by_image.argmax(), values.by_image.shape)
  if count == 1:
    backward = f'The maximum, pixel ({y}, {x}), gets 1, the others 0.'
  else:
    backward = (
      f'The maximum occurs {count} times: the first, pixel ({y}, {x}), gets 1, '
      'the others 0.'
    )
  text = typeset.sum_up(terms, [('maximum', maximum)])
  return f'the largest pixel of the window\n{text}', backward


def _mean(rows, unused_values):
  terms = [
    (f'row {y:2}:  {" + ".join(map(typeset.number, pixels))}', sum(pixels))
    for y, pixels in rows
  ]
  count = sum(len(pixels) for _, pixels in rows)
  total = sum(value for _, value in terms)
  totals = [('sum', total), (f'divided by {count}', total / count)]
  backward = (
    f'Each pixel of the window gets 1 / {count} = {typeset.number(1 / count)}, '
    'the others 0.'
  )
  text = typeset.sum_up(terms, totals)
  return f'the mean of the window\n{text}', backward


def _products(lines):
  """`(label, pixels, weights)` -> `(text, sum)`; None stands for padding."""
  pixel_texts = [
    ['(0)' if pixel is None else typeset.number(pixel) for pixel in pixels]
    for _, pixels, _ in lines
  ]
  width = max(map(len, itertools.chain(*pixel_texts)))
  terms = []
  for (label, pixels, weights), texts in zip(lines, pixel_texts, strict=True):
    products = [
      f'{text:>{width}} * {typeset.number(weight):>2}'
      for text, weight in zip(texts, weights, strict=True)
    ]
    total = sum((p or 0) * w for p, w in zip(pixels, weights, strict=True))
    terms.append((label + '  +  '.join(products), total))
  return terms


def _totals(case, values, terms):
  """What follows from the products, up to the output of the node."""
  pre_activation = values.pre_activation[0, *case.node].item()
  return [
    ('sum', sum(value for _, value in terms)),
    ('bias', case.bias[0]),
    ('pre-activation', pre_activation),
    (
      f'relu({typeset.number(pre_activation)})',
      values.output[0, *case.node].item(),
    ),
  ]


def _backward(case):
  node = case.node if len(case.node) == 2 else case.node[0]
  return f'Backward: the upstream gradient is 1 at node {node}, 0 elsewhere'


def _backward_to_bias(case, values):
  pre_activation = typeset.number(values.pre_activation[0, *case.node].item())
  if values.output[0, *case.node] > 0:
    passes = f'relu: {pre_activation} is above 0, so the gradient 1 passes'
  else:
    passes = (
      f'relu: {pre_activation} is not above 0, so nothing passes: 1 * 0 = 0'
    )
  return (
    f'{_backward(case)}\n  {passes}\n  the bias gets {_upstream(case, values)}'
  )


def _upstream(case, values):
  """The gradient of the pre-activation of the node, which its bias gets."""
  bias = case.node[0] if len(case.node) == 1 else 0
  return typeset.number(values.by_bias[bias])


def _index(name, start):
  return f'{name} {"-" if start < 0 else "+"} {abs(start)}' if start else name
