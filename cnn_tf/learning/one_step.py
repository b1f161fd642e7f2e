"""One training step on one batch: forward pass, loss, gradients, update.

python -m cnn_tf.learning.one_step

Change the constants and run it again. (What TensorFlow prints on the error
stream, about oneDNN and CUDA, is harmless.)
"""

import math
import types

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.learning import losses
from cnn_tf.learning import optimizers
from cnn_tf.learning import train_step
from cnn_tf.network import backward
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import reference
from cnn_tf.network import specs

LAYERS = (
  specs.Conv('conv1', (3, 3), (1, 1), 'valid', filters=32, activation='relu'),
  specs.Pool('pool1', (2, 2), (2, 2), 'valid', kind='maxpool'),
  specs.Conv('conv2', (3, 3), (1, 1), 'valid', filters=64, activation='relu'),
  specs.Pool('pool2', (2, 2), (2, 2), 'valid', kind='maxpool'),
  specs.Conv('conv3', (3, 3), (1, 1), 'valid', filters=64, activation='relu'),
  specs.Dense('dense1', units=100, activation='relu'),
  specs.Dense('logits', units=10, activation='linear'),
)
DATASET, BATCH_SIZE = 'mnist', 32
RATE, L2_SCALE = 0.05, 1e-3
WEIGHT = 'conv2', (0, 1, 2, 3)  # layer; row, column, input map, filter

examples = datasets.load(DATASET).train
images = datasets.to_float(examples.images[:BATCH_SIZE])
labels = examples.labels[:BATCH_SIZE]
network = model.ConvNet(geometry.trace(LAYERS, (28, 28, 1)), seed=0)

print(f'Forward: {BATCH_SIZE} images of {DATASET}')
print(f'{"tensor":12}  {"shape":18}  {"mean":>9}  {"std":>9}')
for name, tensor in {'images': images, **network.activations(images)}.items():
  mean, std = np.mean(tensor), np.std(tensor)
  print(f'{name:12}  {tuple(tensor.shape)!s:18}  {mean:9.4f}  {std:9.4f}')

loss, logits, gradients = train_step.forward_backward(
  network, images, labels, L2_SCALE
)
cross_entropy = tf.reduce_mean(losses.cross_entropy(logits, labels))
print('\nLoss')
print(f'cross-entropy, in nats    {cross_entropy:8.4f}')
print(f'the same for equal logits {math.log(10):8.4f}  = ln(10)')
print(f'L2 penalty                {loss - cross_entropy:8.4f}')
print(f'loss, the sum             {loss:8.4f}')

print('\nBackward: the gradient of the loss with respect to every variable')
print(f'{"variable":13}  {"shape":18}  {"norm":>9}  norm of its gradient')
gradient_of = {}
for variable, gradient in zip(
  network.trainable_variables, gradients, strict=True
):
  name = variable.name.removesuffix(':0')
  gradient_of[name] = gradient.numpy()
  norms = f'{np.linalg.norm(variable):9.4f}  {np.linalg.norm(gradient):9.5f}'
  print(f'{name:13}  {tuple(variable.shape)!s:18}  {norms}')

layer, index = WEIGHT
by_hand = backward.backward(network, images.numpy(), labels).kernels[layer]
weight, epsilon, losses_nearby = network.kernels[layer][index], 1e-6, []
for change in (epsilon, -epsilon):
  kernel = network.kernels[layer].numpy().astype(np.float64)
  kernel[index] += change
  kernels = {**network.kernels, layer: kernel}
  logits_nearby, _ = backward.forward(
    types.SimpleNamespace(
      layers=LAYERS, kernels=kernels, biases=network.biases
    ),
    images.numpy(),
  )
  penalty = L2_SCALE * np.sum(kernel**2) / 2  # the other kernels do not change
  mean = reference.cross_entropy(logits_nearby, labels).mean()
  losses_nearby.append(mean + penalty)
difference = (losses_nearby[0] - losses_nearby[1]) / (2 * epsilon)
print(f'\nThe gradient with respect to one weight, {layer}/kernel{list(index)}')
by_tape = gradient_of[f'{layer}/kernel'][index]
print(f'tf.GradientTape                {by_tape:11.8f}')
print(
  f'backward.py, plus L2 * weight  {by_hand[index] + L2_SCALE * weight:11.8f}'
)
print(f'central difference of the loss {difference:11.8f}')

optimizer = optimizers.Momentum(network.trainable_variables)
rate = tf.constant(RATE, tf.float32)
train_step.train_step(network, optimizer, rate, images, labels, L2_SCALE)
updated = network.kernels[layer][index]
print(
  '\nUpdate: the velocity starts at 0, so the first step is rate * gradient'
)
print(f'{weight:.8f} - {RATE} * gradient = {updated:.8f}')

loss_after, logits_after, _ = train_step.forward_backward(
  network, images, labels, L2_SCALE
)
print('\nThe same images, before and after the update')
print(f'loss         {loss:8.4f}  {loss_after:8.4f}')
right = [np.sum(np.argmax(x, 1) == labels) for x in (logits, logits_after)]
print(f'correct      {right[0]:8}  {right[1]:8}  of {BATCH_SIZE}')
