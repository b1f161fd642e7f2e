"""Documents, part by part, for the tests that run what they show."""

import re

from tests import small_data


def blocks(document: str, title: str, kind: str = 'python') -> list[str]:
  """The fenced blocks of a kind in the section with this title.

  Args:
    document: its path in the project.
    title: the title, as it stands behind `## `.
    kind: what follows the opening fence; '' is a block of shell commands, or of
      what they print.
  """
  text = (small_data.ROOT / document).read_text()
  _, _, rest = text.partition(f'\n## {title}\n')
  section = rest.partition('\n## ')[0]
  fenced = re.findall(
    r'^```(\w*)\n(.*?)^```$', section, re.DOTALL | re.MULTILINE
  )
  return [text for found, text in fenced if found == kind]
