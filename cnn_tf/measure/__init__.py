"""A trained network -> numbers.

runs.py             the folder of a run -> its network and data
activity.py         what each layer computes on a set of examples
fields.py           which pixels a node sees
integers.py         kernels of a few bits
intervals.py        values by seed -> mean and 95 % interval
patches.py          the real patches that excite a map most
examples.py         which examples to show; are they framed like MNIST's?
excitation.py       what excites each map: a table, a file
ascent.py           gradient ascent on pixels
pattern_search.py   maps of a layer -> what excites them
dream.py            gradient ascent from a picture, in several sizes
"""
