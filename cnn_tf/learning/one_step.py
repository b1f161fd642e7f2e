"""One training step on one batch; prints its numbers.

python -m cnn_tf.learning.one_step
"""

import copy

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.learning import losses
from cnn_tf.learning import optimizers
from cnn_tf.network import backward
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import reference
from cnn_tf.network import specs

LAYERS = (
  specs.Conv('conv1', filters=32, window=(3, 3)),
  specs.Pool('pool1', window=(2, 2)),
  specs.Conv('conv2', filters=64, window=(3, 3)),
  specs.Pool('pool2', window=(2, 2)),
  specs.Conv('conv3', filters=64, window=(3, 3)),
  specs.Dense('dense1', units=100),
  specs.Dense('logits', units=10, activation='linear'),
)
DATASET, BATCH_SIZE, RATE, L2_SCALE = 'mnist', 32, 0.05, 1e-3
LAYER, INDEX = 'conv2', (0, 1, 2, 3)  # row, column, input map, filter

examples = datasets.load(DATASET).train
images = datasets.to_float(examples.images[:BATCH_SIZE])
labels = examples.labels[:BATCH_SIZE]
network = model.ConvNet(geometry.trace(LAYERS, (28, 28, 1)), seed=0)
variables = network.trainable_variables

with tf.GradientTape() as tape:
  tensors = network.activations(images)
  cross_entropies = losses.cross_entropy(tensors['logits'], labels)
  penalty = losses.l2_penalty(network.kernels.values(), L2_SCALE)
  loss = tf.reduce_mean(cross_entropies) + penalty
gradients = tape.gradient(loss, variables)
initial = copy.deepcopy(network)  # before the update
optimizers.Momentum(variables).apply(gradients, tf.constant(RATE))

print(f'Forward: {BATCH_SIZE} images of {DATASET}')
print(f'{"tensor":12}  {"shape":18}  {"mean":>9}  {"std":>9}')
for name, tensor in {'images': images, **tensors}.items():
  mean, std = np.mean(tensor), np.std(tensor)
  print(f'{name:12}  {tuple(tensor.shape)!s:18}  {mean:9.4f}  {std:9.4f}')

print(f'\nLoss: cross-entropy       {np.mean(cross_entropies):8.4f}')
print(f'the same for equal logits {np.log(10):8.4f}  = ln(10)')
print(f'L2 penalty                {penalty:8.4f}')
print(f'loss, the sum             {loss:8.4f}')

print('\nBackward: the gradient of the loss with respect to every variable')
print(f'{"variable":13}  {"shape":18}  {"norm":>9}  norm of its gradient')
for w, g in zip(initial.trainable_variables, gradients, strict=True):
  norms = f'{np.linalg.norm(w):9.4f}  {np.linalg.norm(g):9.5f}'
  print(f'{w.name[:-2]:13}  {tuple(w.shape)!s:18}  {norms}')  # without ':0'

by_tape = {w.name: g.numpy() for w, g in zip(variables, gradients, strict=True)}
by_hand = backward.backward(initial, images.numpy(), labels).kernels
kernel = initial.kernels[LAYER].numpy().astype(float)
initial.kernels[LAYER], weight = kernel, kernel[INDEX]  # not a copy


def mean_cross_entropy(network):
  """The mean cross-entropy, by `network/backward.py`."""
  logits, _ = backward.forward(network, images.numpy())
  return reference.cross_entropy(logits, labels).mean()


kernel[INDEX] = weight + 1e-6
above = mean_cross_entropy(initial)
kernel[INDEX] = weight - 1e-6
difference = (above - mean_cross_entropy(initial)) / 2e-6  # almost the slope
decay = L2_SCALE * weight  # the gradient of the penalty
print(f'\nThe gradient with respect to one weight, {LAYER}/kernel{list(INDEX)}')
print(f'tf.GradientTape            {by_tape[f"{LAYER}/kernel:0"][INDEX]:11.8f}')
print(f'backward.py, plus L2       {by_hand[LAYER][INDEX] + decay:11.8f}')
print(f'finite difference, plus L2 {difference + decay:11.8f}')

updated = network.kernels[LAYER].numpy()[INDEX]  # the velocity was 0
print(f'\nUpdate: {weight:.8f} - {RATE} * gradient = {updated:.8f}')
penalty = losses.l2_penalty(network.kernels.values(), L2_SCALE)
after = mean_cross_entropy(network) + penalty
print(f'The loss of the same images: {loss:.4f} before, {after:.4f} after')
