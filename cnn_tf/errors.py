"""The one exception whose message is meant for the user."""


class UserError(Exception):
  """A problem that the user can fix, such as a damaged file or a full disk.

  The message is one line that says what is wrong and where. Commands print it
  and exit with status 1; any other exception is a bug and shows its traceback.
  """
