"""The README, part by part, for the tests that run what it shows."""

import re

from tests import small_data

TEXT = (small_data.ROOT / 'README.md').read_text()


def blocks(title: str, kind: str = 'python') -> list[str]:
  """The fenced blocks of a kind in the section with this title.

  Args:
    title: the title, as it stands behind `## `.
    kind: what follows the opening fence; '' is a block of shell commands, or of
      what they print.
  """
  _, _, rest = TEXT.partition(f'\n## {title}\n')
  section = rest.partition('\n## ')[0]
  fenced = re.findall(
    r'^```(\w*)\n(.*?)^```$', section, re.DOTALL | re.MULTILINE
  )
  return [text for found, text in fenced if found == kind]
