"""The machine and the versions of a measurement, in a few lines."""

import datetime
import os
import pathlib
import platform
import re
from importlib import metadata

# The instructions that decide how fast convolutions are.
_FLAGS = ('avx2', 'avx512f', 'avx512_bf16', 'amx_bf16')
_PACKAGES = ('tensorflow', 'keras', 'torch', 'jax', 'openvino', 'numpy')


def describe() -> str:
  """Processor, its flags, cores, date and versions."""
  text = _cpuinfo()
  return '\n'.join(
    [
      f'{cpu(text)}, {os.cpu_count()} cores, {datetime.date.today():%d %B %Y}',
      f'Instructions: {instructions(text)}',
      f'Python {platform.python_version()}, {_versions()}',
    ]
  )


def cpu(cpuinfo: str) -> str:
  """The name and the family of the processor."""
  name = _find('model name', cpuinfo) or platform.machine()
  family = _find('cpu family', cpuinfo)
  return f'{name}, family {family}' if family else name


def instructions(cpuinfo: str) -> str:
  """Which of the relevant instructions the processor has."""
  given = _find('flags', cpuinfo).split()
  if not given:
    return 'unknown'
  return ', '.join(flag if flag in given else f'no {flag}' for flag in _FLAGS)


def precisions() -> list[str]:
  """float32, and bfloat16 if the processor multiplies in it."""
  given = _find('flags', _cpuinfo()).split()
  has_unit = {'avx512_bf16', 'amx_bf16'} & set(given)
  return ['float32', 'bfloat16'] if has_unit else ['float32']


def _cpuinfo():
  path = pathlib.Path('/proc/cpuinfo')
  return path.read_text() if path.exists() else ''


def _find(name, cpuinfo):
  """The value for the first core, or ''."""
  found = re.search(rf'^{name}\s*:(.*)$', cpuinfo, re.MULTILINE)
  return found[1].strip() if found else ''


def _versions():
  versions = []
  for package in _PACKAGES:
    try:
      versions.append(f'{package} {metadata.version(package)}')
    except metadata.PackageNotFoundError:
      versions.append(f'no {package}')
  return ', '.join(versions)
