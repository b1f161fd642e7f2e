"""Writes docs/first.ipynb from the sources, executes it and keeps its outputs.

python -m docs.notebook

Its cells are the lines of cnn_tf/first.py and cnn_tf/learning/one_step.py, and
exercises of docs/exercises.md. Needs nbclient and ipykernel: the extra `test`.
"""

import os
import pathlib
import re
import textwrap

import nbclient
import nbformat
from nbformat import v4

ROOT = pathlib.Path(__file__).absolute().parents[1]
PATH = ROOT / 'docs' / 'first.ipynb'

_INTRODUCTION = """\
# A convolutional network, cell by cell

It is trained on MNIST in raw TensorFlow ops, without Keras: about half a minute
on two cores. Then come the numbers of a single step, the feature maps of a
digit, a gradient by hand, and three exercises. Run the cells in order; after a
change, run all of them again, since later cells reuse names.

The next cell installs the package, unless it is installed already. In a copy of
the repository, where this file is `docs/first.ipynb`, `..` is the place of the
package. Elsewhere, replace `..` by `git+` and the address of the repository, or
by the wheel that `pip wheel --no-deps .` makes in a copy."""

_INSTALL = """\
import importlib.util

if not importlib.util.find_spec('cnn_tf'):
  %pip install --quiet .."""

# For each cell: how its first line begins, and the text above it.
_FIRST = {
  'import tensorflow': """\
## The network and its training

These are the lines of `cnn_tf/first.py`.""",
  'generator =': 'The initial kernels are random, the biases zero.',
  'def logits': 'The network: images become scores of the ten classes.',
  '# The first call': 'One step of gradient descent on a batch of images.',
  'train, _, test': 'The data, and a random order of the training images.',
  'for i in range(num_steps)': 'One epoch: each image is used once.',
  'num_correct =': 'How many of the test images are classified correctly?',
}

_ONE_STEP = {
  'import copy': """\
## Every number of one step

These are the lines of `cnn_tf/learning/one_step.py`. It takes such a step with
the functions of the package, in which every tensor has a name.""",
  'DATASET,': 'A batch of 32 images, and a network with new random kernels.',
  'with tf.GradientTape': 'Forward, backward, and the update of all variables.',
  "print(f'Forward": 'The tensors of the forward pass: how large are they?',
  "print(f'\\nLoss": 'The loss is larger than that of equal probabilities.',
  "print('\\nBackward": 'The gradients have the shapes of the variables.',
  'by_tape =': """\
The gradient with respect to a single weight, three times: by TensorFlow, by the
chain rule in NumPy (`cnn_tf/network/backward.py`), and as what the loss changes
by when the weight changes a little.""",
  'updated =': 'The update of this weight, and the loss after all updates.',
}

_AFTERWARDS = [
  """\
## The maps of a digit

Of the first 1,000 test images, the one with the largest cross-entropy in the
network that was trained above. Its tensors, layer by layer, are those of
`logits`.""",
  """\
labels = tf.cast(test.labels[:1000], tf.int32)
cross_entropies = tf.nn.sparse_softmax_cross_entropy_with_logits(
  labels, logits(datasets.to_float(test.images[:1000]))
)
hardest = int(tf.argmax(cross_entropies))
digit = datasets.to_float(test.images[hardest : hardest + 1])
conv1 = tf.nn.relu(tf.nn.conv2d(digit, kernels[0], 1, 'VALID') + biases[0])
pool1 = tf.nn.max_pool2d(conv1, 2, 2, 'VALID')
conv2 = tf.nn.relu(tf.nn.conv2d(pool1, kernels[1], 1, 'VALID') + biases[1])
pool2 = tf.nn.max_pool2d(conv2, 2, 2, 'VALID')
conv3 = tf.nn.relu(tf.nn.conv2d(pool2, kernels[2], 1, 'VALID') + biases[2])
features = tf.reshape(conv3, [1, 576])
dense1 = tf.nn.relu(features @ kernels[3] + biases[3])
z = dense1 @ kernels[4] + biases[4]
probabilities = tf.nn.softmax(z).numpy()
print(f'Test image {hardest} is a {test.labels[hardest]}. The probabilities:')
for k in range(10):
  print(f'{k}: {probabilities[0, k]:.4f}')""",
  'The digit, and the 32 maps that the first layer makes of it:',
  """\
from IPython import display

from cnn_tf.figures import maps
from cnn_tf.figures import sheet

display.Image(sheet.to_png(maps.maps('conv1', conv1, digit)))""",
  'The third layer has 64 maps of 3x3 nodes, and a node sees 18x18 pixels.',
  "display.Image(sheet.to_png(maps.maps('conv3', conv3, digit)))",
  """\
## A gradient by hand

The gradient of the cross-entropy with respect to the logits is the vector of
probabilities minus the one-hot vector of the label. All else is the chain rule:
a dense layer `z = x @ kernel + bias` passes the upstream gradient `g` on as
`g @ kernel.T`, relu passes it on where its output is positive, and the gradient
of the kernel is `x.T @ g`.""",
  """\
one_hot = np.eye(10)[[test.labels[hardest]]]
g_logits = probabilities - one_hot  # [1, 10]
g_dense1 = g_logits @ kernels[4].numpy().T * (dense1.numpy() > 0)  # [1, 100]
by_hand = [
  g_logits[0],
  dense1.numpy().T @ g_logits,
  g_dense1[0],
  features.numpy().T @ g_dense1,
]
chosen = [biases[4], kernels[4], biases[3], kernels[3]]
with tf.GradientTape() as tape:
  loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
    labels[hardest : hardest + 1], logits(digit)
  )
names = ['logits bias', 'logits kernel', 'dense1 bias', 'dense1 kernel']
for name, ours, theirs in zip(
  names, by_hand, tape.gradient(loss, chosen), strict=True
):
  same = np.allclose(ours, theirs, rtol=1e-4, atol=1e-6)
  norm = np.linalg.norm(theirs)
  print(f'{name:13}  {theirs.shape!s:10}  norm {norm:8.4f}  equal: {same}')""",
  """\
## Three exercises

They change a line of a cell above. Predict what will happen, change the line,
and run all cells again. The answers are from another processor, so accuracies
can differ by 0.2 points. All the exercises are in `docs/exercises.md`.""",
]
EXERCISES = (1, 14, 15)


def cells() -> list[tuple[str, str]]:
  """The cells, as pairs of a kind, 'markdown' or 'code', and a text."""
  first = (ROOT / 'cnn_tf' / 'first.py').read_text()
  one_step = (ROOT / 'cnn_tf' / 'learning' / 'one_step.py').read_text()
  found = [('markdown', _INTRODUCTION), ('code', _INSTALL)]
  found += _split(_unfold_main(_without_docstring(first)), _FIRST)
  found += _split(_without_docstring(one_step), _ONE_STEP)
  kinds = ('markdown', 'code')
  found += [(kinds[i % 2], text) for i, text in enumerate(_AFTERWARDS)]
  return found + [('markdown', _exercise(number)) for number in EXERCISES]


def make() -> nbformat.NotebookNode:
  """The notebook without outputs."""
  make_cell = {'markdown': v4.new_markdown_cell, 'code': v4.new_code_cell}
  metadata = {
    'kernelspec': {
      'display_name': 'Python 3',
      'language': 'python',
      'name': 'python3',
    },
    'language_info': {'name': 'python'},
  }
  return v4.new_notebook(
    cells=[
      make_cell[kind](text, id=f'cell-{number}')
      for number, (kind, text) in enumerate(cells(), 1)
    ],
    metadata=metadata,
  )


def execute(notebook: nbformat.NotebookNode) -> None:
  """Runs all cells in a new kernel, and keeps what they print and draw.

  Raises:
    CellExecutionError: a cell raises an error.
  """
  client = nbclient.NotebookClient(
    notebook,
    timeout=600,
    kernel_name='python3',
    record_timing=False,
    coalesce_streams=True,
  )
  settings = {
    'PYTHONPATH': str(ROOT),
    'TF_ENABLE_ONEDNN_OPTS': '1',  # the default with AVX512_VNNI
    'TF_CPP_MIN_LOG_LEVEL': '3',
  }
  client.execute(env=os.environ | settings)
  notebook.metadata.language_info = {'name': 'python'}  # of any version
  for cell in notebook.cells:
    if cell.cell_type == 'code':  # without the log of TensorFlow
      cell.outputs = [x for x in cell.outputs if x.get('name') != 'stderr']


def main() -> None:
  """Writes the executed notebook."""
  notebook = make()
  execute(notebook)
  nbformat.write(notebook, PATH)
  print(PATH.relative_to(ROOT))


def _without_docstring(source):
  return source.partition('"""\n')[2]


def _unfold_main(source):
  """The lines of `main` in place of its definition and its call."""
  before, _, main = source.partition('def main():\n')
  body, _, _ = main.partition("\n\n\nif __name__ == '__main__':\n")
  return before + textwrap.dedent(body.partition('"""\n')[2])


def _split(source, starts):
  """Cells that begin at lines with these starts, with the texts above them."""
  places = [*(_line_of(source, start) for start in starts), len(source)]
  found = []
  for text, begin, end in zip(
    starts.values(), places[:-1], places[1:], strict=True
  ):
    found += [('markdown', text), ('code', source[begin:end].strip())]
  return found


def _line_of(source, start):
  """Where the only line that begins with `start` begins."""
  [match] = re.finditer(f'^{re.escape(start)}', source, re.MULTILINE)
  return match.start()


def _exercise(number):
  """An exercise, without its number and its commands."""
  text = (ROOT / 'docs' / 'exercises.md').read_text()
  [found] = re.findall(
    rf'^## {number}\. (.*?)(?=^## |\Z)', text, re.DOTALL | re.MULTILINE
  )
  return re.sub(r'```\npython .*\n```\n\n', '', f'### {found}'.strip())


if __name__ == '__main__':
  main()
