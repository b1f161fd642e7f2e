"""Checks what the user selects by flags."""

from collections.abc import Sequence

from cnn_tf import errors
from cnn_tf.network import geometry


def layer_and_maps(
  geometries: Sequence[geometry.LayerGeometry],
  name: str,
  words: Sequence[str] | None,
) -> tuple[Sequence[geometry.LayerGeometry], list[int]]:
  """The layers up to one with kernels, and the numbers of some of its maps.

  Args:
    geometries: all layers.
    name: the word of `--layer`.
    words: those of `--maps`; without any, all maps.

  Raises:
    UserError: there is no such layer with kernels, or no such map.
  """
  places = {x.spec.name: i for i, x in enumerate(geometries) if x.kernel_shape}
  last = places[layer(name, list(places))]
  num_maps = geometries[last].output_shape[-1]
  words = words or list(map(str, range(num_maps)))
  return geometries[: last + 1], numbers('maps', words, num_maps)


def layer(name: str, names: Sequence[str]) -> str:
  """Returns `name` if it is one of `names`.

  Raises:
    UserError: it is not; the message lists the names.
  """
  if name not in names:
    raise errors.UserError(
      f'--layer={name}: there is no such layer; choose from {", ".join(names)}'
    )
  return name


def class_label(words: Sequence[str], names: Sequence[str]) -> int | None:
  """The label of the class in `class:4` or `class:sandal`.

  Args:
    words: the words of `--images`.
    names: of all classes.

  Returns:
    None if the words name no class.

  Raises:
    UserError: there is no such class; the message lists the names.
  """
  prefix, colon, name = ','.join(words).partition(':')
  if prefix != 'class' or not colon:
    return None
  if name in names:
    return names.index(name)
  if name.isdecimal() and int(name) < len(names):
    return int(name)
  raise errors.UserError(
    f'--images=class:{name}: there is no such class; choose a label, 0 to '
    f'{len(names) - 1}, or one of {", ".join(names)}'
  )


def numbers(flag: str, words: Sequence[str], count: int) -> list[int]:
  """The words of a flag as integers from 0 to `count - 1`.

  Raises:
    UserError: a word is not such an integer.
  """
  for word in words:
    if not word.isdecimal() or int(word) >= count:
      raise errors.UserError(
        f'--{flag}={",".join(words)}: {word!r} is not one of 0 to {count - 1}'
      )
  return [int(word) for word in words]
