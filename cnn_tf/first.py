"""A convolutional network on one page: one epoch of MNIST.

python -m cnn_tf.first

The rest of the package does the same for other networks and settings, and
analyses what they have learned.
"""

import tensorflow as tf

from cnn_tf.data import datasets

BATCH_SIZE, LEARNING_RATE, MOMENTUM, L2_SCALE, SEED = 64, 0.05, 0.9, 1e-4, 0

generator = tf.random.Generator.from_seed(SEED)


def kernel(shape, fan_in):
  """A random kernel; an output is a sum of `fan_in` products."""
  # With this variance, relu layers neither enlarge nor diminish their values:
  # network/initializers.py (He et al. 2015, "Delving Deep into Rectifiers").
  # A tf.Tensor is immutable; a tf.Variable has a value that `assign` changes.
  return tf.Variable(generator.normal(shape, stddev=(2 / fan_in) ** 0.5))


kernels = [
  kernel([3, 3, 1, 32], fan_in=3 * 3 * 1),  # height, width, inputs, filters
  kernel([3, 3, 32, 64], fan_in=3 * 3 * 32),
  kernel([3, 3, 64, 64], fan_in=3 * 3 * 64),
  kernel([576, 100], fan_in=576),  # inputs, units
  kernel([100, 10], fan_in=100),
]
biases = [tf.Variable(tf.zeros([k.shape[-1]])) for k in kernels]
variables = kernels + biases
# Momentum: for each variable, a decaying sum of its gradients.
velocities = [tf.Variable(tf.zeros(w.shape)) for w in variables]


def logits(images):
  """`[batch, 28, 28, 1]` -> `[batch, 10]`: one logit (score) per class."""
  # conv2d(inputs, kernel, stride, padding); VALID means no padding.
  x = tf.nn.conv2d(images, kernels[0], 1, 'VALID') + biases[0]
  x = tf.nn.relu(x)  # [batch, 26, 26, 32]: 28 - 3 + 1 = 26
  # max_pool2d(inputs, window, stride, padding)
  x = tf.nn.max_pool2d(x, 2, 2, 'VALID')  # [batch, 13, 13, 32]
  x = tf.nn.conv2d(x, kernels[1], 1, 'VALID') + biases[1]
  x = tf.nn.relu(x)  # [batch, 11, 11, 64]
  x = tf.nn.max_pool2d(x, 2, 2, 'VALID')  # [batch, 5, 5, 64]: 11 // 2 = 5
  x = tf.nn.conv2d(x, kernels[2], 1, 'VALID') + biases[2]
  x = tf.nn.relu(x)  # [batch, 3, 3, 64]
  x = tf.reshape(x, [-1, 3 * 3 * 64])  # [batch, 576]
  x = tf.nn.relu(x @ kernels[3] + biases[3])  # [batch, 100]
  return x @ kernels[4] + biases[4]  # [batch, 10]


# The first call records the ops as a graph (tracing); all calls run the graph.
@tf.function
def step(images, labels, rate):
  """Updates all variables; returns the loss before the update."""
  with tf.GradientTape() as tape:  # records the ops that use variables
    # The op includes the softmax. Sparse: a label is the number of its class,
    # not one-hot (a 1 at its class, zeros elsewhere).
    loss = tf.reduce_mean(
      tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits(images))
    )
    # The L2 penalty keeps weights small; l2_loss(k) is sum(k ** 2) / 2.
    loss += L2_SCALE * tf.add_n([tf.nn.l2_loss(k) for k in kernels])
  # The chain rule, through the recorded ops in reverse.
  gradients = tape.gradient(loss, variables)
  for w, v, g in zip(variables, velocities, gradients, strict=True):
    v.assign(MOMENTUM * v + g)
    w.assign_sub(rate * v)
  return loss


def main():
  """Trains on 54,976 images, each once; then counts correct predictions."""
  train, _, test, _ = datasets.load('mnist')
  order = datasets.order(len(train.labels), SEED, epoch=1).numpy()
  num_steps = len(order) // BATCH_SIZE  # 24 images are left over
  for i in range(num_steps):
    batch = order[BATCH_SIZE * i : BATCH_SIZE * (i + 1)]
    images = datasets.to_float(train.images[batch])
    labels = tf.cast(train.labels[batch], tf.int32)  # the op takes no uint8
    # The rate falls linearly towards 0. It is a tensor because `step` would be
    # traced again for every new Python number.
    rate = tf.constant(LEARNING_RATE * (1 - i / num_steps))
    loss = step(images, labels, rate)
    if i % 100 == 0:
      print(f'step {i:3}  rate {rate:.3f}  loss {loss:.3f}')
  num_correct = 0
  for i in range(0, len(test.labels), 100):  # 100 at a time, to save memory
    images = datasets.to_float(test.images[i : i + 100])
    # The largest logit has the largest probability.
    predictions = tf.argmax(logits(images), axis=1).numpy()
    num_correct += (predictions == test.labels[i : i + 100]).sum()
  print(f'{num_correct / len(test.labels):.2%} of the test images correct')


if __name__ == '__main__':
  main()
