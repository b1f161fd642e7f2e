"""What the nodes of a network see, as gradients show it."""

import tensorflow as tf

from cnn_tf.network import specs


def _values(geometries, image):
  """The network with kernels of ones: every path adds to the gradient."""
  x = image
  for layer in geometries:
    spec = layer.spec
    if isinstance(spec, specs.Dense):
      x = tf.reshape(x, [1, -1]) @ tf.ones(layer.kernel_shape)
    elif isinstance(spec, specs.Conv):
      kernel = tf.ones(layer.kernel_shape)
      x = tf.nn.conv2d(x, kernel, spec.stride, spec.padding.upper())
    else:
      x = tf.nn.avg_pool2d(x, spec.window, spec.stride, spec.padding.upper())
  return x


def pixels(geometries, node=...):
  """Which pixels, `[height, width]`, have a gradient from `node` of the top."""
  image = tf.ones([1, *geometries[0].input_shape])
  with tf.GradientTape() as tape:
    tape.watch(image)
    top = tf.reduce_sum(_values(geometries, image)[node])
  return tape.gradient(top, image).numpy().any(axis=(0, 3))
