"""The whole story on one batch: forward pass, loss, gradients, update.

python -m cnn_tf.learning.one_step

Change the constants and run it again.
"""

import math
import types

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
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
WEIGHT = 'conv2', (0, 1, 2, 3)  # a layer and a place in its kernel (HWIO)

examples = datasets.load(DATASET).train
images = datasets.to_float(examples.images[:BATCH_SIZE])
labels = examples.labels[:BATCH_SIZE]
network = model.ConvNet(geometry.trace(LAYERS, (28, 28, 1)), seed=0)

print(f'Forward: {BATCH_SIZE} images of {DATASET}')
print(f'{"tensor":12}  {"shape":18}  {"mean":>9}  deviation')
for name, tensor in {'images': images, **network.activations(images)}.items():
  mean, deviation = np.mean(tensor), np.std(tensor)
  print(f'{name:12}  {tuple(tensor.shape)!s:18}  {mean:9.4f}  {deviation:9.4f}')

print('\nBackward: the gradient of the loss with respect to every variable')
weights, count = tf.ones(BATCH_SIZE), float(BATCH_SIZE)
batch = images, labels, weights, count, L2_SCALE
loss, totals, gradients = train_step.forward_backward(network, *batch)
print(f'{"variable":13}  {"shape":18}  {"norm":>9}  norm of its gradient')
for variable, gradient in zip(
  network.trainable_variables, gradients, strict=True
):
  sizes = f'{np.linalg.norm(variable):9.4f}  {np.linalg.norm(gradient):9.5f}'
  print(f'{variable.name[:-2]:13}  {tuple(variable.shape)!s:18}  {sizes}')

layer, place = WEIGHT
names = [variable.name for variable in network.trainable_variables]
by_tape = dict(zip(names, gradients, strict=True))[f'{layer}/kernel:0'][place]
by_hand = backward.backward(network, images.numpy(), labels)
weight, losses_nearby = network.kernels[layer][place].numpy(), []
for step in (1e-6, -1e-6):
  kernel = network.kernels[layer].numpy().astype(np.float64)
  kernel[place] += step
  kernels = {**network.kernels, layer: kernel}
  nearby = types.SimpleNamespace(
    layers=network.layers, kernels=kernels, biases=network.biases
  )
  logits, _ = backward.forward(nearby, images.numpy())
  losses_nearby.append(reference.cross_entropy(logits, labels).mean())
slope = (losses_nearby[0] - losses_nearby[1]) / 2e-6
print(f'\nThe gradient of one weight, {layer}/kernel{list(place)}')
print(f'tf.GradientTape                   {by_tape:13.9f}')
decay = L2_SCALE * weight  # the gradient of the L2 penalty
print(
  f'backward.py, with the L2 penalty  '
  f'{by_hand.kernels[layer][place] + decay:13.9f}'
)
print(f'finite difference, likewise       {slope + decay:13.9f}')

optimizer = optimizers.Momentum(network.trainable_variables)
batch = images, labels, L2_SCALE
train_step.train_step(network, optimizer, tf.constant(RATE), *batch)
updated = network.kernels[layer][place]
print(f'\nUpdate: {weight:.6f} - {RATE} * gradient = {updated:.6f}')

logits = network(images).numpy()
loss_after = reference.cross_entropy(logits, labels).mean()
print('\nCross-entropy, in nats')
print(f'all classes equally likely, ln(10)  {math.log(10):.4f}')
print(f'before the update                   {totals.cross_entropy / count:.4f}')
print(f'after it, on the same images        {loss_after:.4f}')
