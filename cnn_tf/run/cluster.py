"""Several machines, as the environment variable TF_CONFIG describes them.

TF_CONFIG='{"cluster": {"worker": ["host:port", "host:port"]},
            "task": {"type": "worker", "index": 0}}'

Each machine gets the same cluster and a task of its own. The chief, the task
`chief` or else the first worker, writes the folder of the run.
"""

import json
import os
from typing import Any

from cnn_tf import errors

_JOBS = ('chief', 'worker')


def is_given() -> bool:
  """Whether there is a TF_CONFIG, even an invalid one."""
  return 'TF_CONFIG' in os.environ


def check() -> None:
  """Checks TF_CONFIG, if it is given.

  Raises:
    UserError: it is not a cluster with a task for this machine.
  """
  if is_given():
    try:
      _check(json.loads(os.environ['TF_CONFIG']))
    except json.JSONDecodeError as error:
      raise errors.UserError(f'TF_CONFIG is not JSON: {error}') from None
    except ValueError as error:
      raise errors.UserError(f'TF_CONFIG: {error}') from None


def is_chief() -> bool:
  """Whether this process writes the folder of the run: the chief, or alone."""
  if not is_given():
    return True
  config = json.loads(os.environ['TF_CONFIG'])
  if 'chief' in config['cluster']:
    return config['task']['type'] == 'chief'
  return int(config['task']['index']) == 0


def _check(config: Any):
  cluster = config.get('cluster') if isinstance(config, dict) else None
  task = config.get('task') if isinstance(config, dict) else None
  if not isinstance(cluster, dict) or not isinstance(task, dict):
    raise ValueError('it must be an object with "cluster" and "task"')
  for job, addresses in cluster.items():
    if job not in _JOBS:
      raise ValueError(f'"{job}" in its cluster is neither chief nor worker')
    if not isinstance(addresses, list) or not all(map(_is_address, addresses)):
      raise ValueError(f'"{job}" must be a list of "host:port"')
  job, index = task.get('type'), task.get('index')
  size = len(cluster.get(job, [])) if isinstance(job, str) else 0
  if not str(index).isdecimal() or int(index) >= size:
    raise ValueError(f'its cluster has no task {job} {index}')


def _is_address(value):
  if not isinstance(value, str):
    return False
  host, _, port = value.rpartition(':')
  return bool(host) and port.isdecimal()
