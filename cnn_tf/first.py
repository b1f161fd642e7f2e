"""A convolutional network on one page: one epoch of MNIST.

python -m cnn_tf.first

Every other file of this package makes a line of this one general.
"""

import tensorflow as tf

from cnn_tf.data import datasets

BATCH_SIZE, RATE, MOMENTUM, L2_SCALE, SEED = 64, 0.05, 0.9, 1e-4, 0

generator = tf.random.Generator.from_seed(SEED)


def initial_kernel(*shape):
  """Normal; each output has `fan_in` inputs (He et al. 2015, equation 10)."""
  fan_in = tf.cast(tf.reduce_prod(shape[:-1]), tf.float32)
  return generator.normal(shape) * tf.sqrt(2 / fan_in)


# A tf.Tensor never changes; a tf.Variable holds one that `assign` replaces.
kernels = [
  tf.Variable(initial_kernel(3, 3, 1, 32)),  # height, width, inputs, filters
  tf.Variable(initial_kernel(3, 3, 32, 64)),
  tf.Variable(initial_kernel(3, 3, 64, 64)),
  tf.Variable(initial_kernel(576, 100)),  # inputs, units
  tf.Variable(initial_kernel(100, 10)),
]
biases = [tf.Variable(tf.zeros(kernel.shape[-1])) for kernel in kernels]
variables = kernels + biases
velocities = [tf.Variable(tf.zeros(w.shape)) for w in variables]


def logits(images):
  """`[batch, 28, 28, 1]` -> `[batch, 10]`: one number per class."""
  x = tf.nn.conv2d(images, kernels[0], 1, 'VALID') + biases[0]
  x = tf.nn.relu(x)  # [batch, 26, 26, 32]
  x = tf.nn.max_pool2d(x, 2, 2, 'VALID')  # [batch, 13, 13, 32]
  x = tf.nn.conv2d(x, kernels[1], 1, 'VALID') + biases[1]
  x = tf.nn.relu(x)  # [batch, 11, 11, 64]
  x = tf.nn.max_pool2d(x, 2, 2, 'VALID')  # [batch, 5, 5, 64]
  x = tf.nn.conv2d(x, kernels[2], 1, 'VALID') + biases[2]
  x = tf.nn.relu(x)  # [batch, 3, 3, 64]
  x = tf.reshape(x, [-1, 576])  # [batch, 3 * 3 * 64]
  x = tf.nn.relu(x @ kernels[3] + biases[3])  # [batch, 100]
  return x @ kernels[4] + biases[4]  # [batch, 10]


@tf.function  # Traced once, into a graph of ops that later calls run.
def step(images, labels, rate):
  """Changes all variables; returns the loss before the change."""
  with tf.GradientTape() as tape:  # It records the ops on variables.
    loss = tf.reduce_mean(
      tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits(images))
    )
    loss += L2_SCALE * tf.add_n([tf.nn.l2_loss(kernel) for kernel in kernels])
  # The chain rule, through the recorded ops in reverse.
  gradients = tape.gradient(loss, variables)
  for w, v, g in zip(variables, velocities, gradients, strict=True):
    v.assign(MOMENTUM * v + g)
    w.assign_sub(rate * v)
  return loss


def main():
  """Trains on every image once, then counts correct answers."""
  train, _, test, _ = datasets.load('mnist')
  order = datasets.order(len(train.labels), SEED, epoch=1).numpy()
  num_steps = len(order) // BATCH_SIZE
  for i in range(num_steps):
    batch = order[BATCH_SIZE * i : BATCH_SIZE * (i + 1)]
    images = datasets.to_float(train.images[batch])
    labels = tf.cast(train.labels[batch], tf.int32)
    # As a tensor: a Python number would be traced anew for every value.
    rate = tf.constant(RATE * (1 - i / num_steps))
    loss = step(images, labels, rate)
    if i % 100 == 0:
      print(f'step {i:3}  rate {rate:.3f}  loss {loss:.3f}')
  num_correct = 0
  for i in range(0, len(test.labels), 100):
    answers = tf.argmax(logits(datasets.to_float(test.images[i : i + 100])), 1)
    num_correct += sum(answers.numpy() == test.labels[i : i + 100])
  print(f'{num_correct / len(test.labels):.2%} of the test images correct')


if __name__ == '__main__':
  main()
