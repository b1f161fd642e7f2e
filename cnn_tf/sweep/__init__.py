"""Settings, seeds -> finished runs, compared on the validation examples.

kept.py       settings -> the folder of a finished run, trained once
table.py      accuracies of settings, by seed -> a table
__main__.py   the command: flags -> the runs and the table
"""
