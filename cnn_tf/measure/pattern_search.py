"""Maps of a layer -> the inputs that excite them most."""

from collections.abc import Sequence

from cnn_tf.measure import ascent
from cnn_tf.measure import excitation
from cnn_tf.measure import fields
from cnn_tf.measure import patches
from cnn_tf.measure import runs
from cnn_tf.network import specs


def find(
  run: runs.Run, name: str, maps: Sequence[int], settings: ascent.Settings
) -> tuple[list[excitation.Excitation], tuple[int, ...]]:
  """An excitation for each of `maps`, and the steps of its trajectory.

  Args:
    run: the network, and the training images to compare with.
    name: of a layer with kernels.
    maps: numbers of its maps, or units.
    settings: for the gradient ascent.
  """
  names = [layer.spec.name for layer in run.geometries]
  geometries = run.geometries[: names.index(name) + 1]
  images = run.data.train.images
  is_unit = isinstance(geometries[-1].spec, specs.Dense)
  on_map, on_node = _climb(run, geometries[-1], maps, settings)
  best = patches.search(run.network, geometries, images)
  found = [
    excitation.Excitation(
      number,
      geometries[-1].spec.activation == 'relu',
      on_map.scores[index],
      on_map.best_trajectory(index),
      best.means[number],
      on_node.scores[index],
      None
      if is_unit
      else patches.cut(on_node.best_trajectory(index)[-1], geometries),
      best.scores[number],
      _cut_best(images, geometries, best, number),
    )
    for index, number in enumerate(maps)
  ]
  return found, on_map.steps


def _climb(run, layer, maps, settings):
  """The ascents for the mean of each map, and for the node in its centre.

  A unit is both.
  """

  def climb(position):
    target = ascent.Target(layer.spec.name, position)
    size = run.data.train.images.shape[1:]
    return ascent.climb(run.network, target, maps, size, settings)

  on_map = climb(None)
  if isinstance(layer.spec, specs.Dense):
    return on_map, on_map
  return on_map, climb(fields.centre(layer))


def _cut_best(images, geometries, best, number):
  """The best patches of one map, with pixels in [0, 1]."""
  return [
    patches.cut(images[image] / 255.0, geometries, position)
    for image, position in zip(
      best.images[number], best.positions[number], strict=True
    )
  ]
