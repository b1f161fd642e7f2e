"""The commands that draw a run.

choices.py     what the user selects, checked
catalogue.py   a run -> its figures
draw.py        figures -> PNG files and TensorBoard events
__main__.py    the command that draws the figures
patterns.py    the command that finds and draws patterns
dream.py       the command that climbs from a picture
"""
