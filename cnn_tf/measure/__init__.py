"""A trained network -> numbers.

runs.py             the folder of a run -> its network and data
activity.py         what each layer does on a set of examples
fields.py           which pixels a node sees
intervals.py        values by seed -> mean and 95 % interval
patches.py          the real patches that excite a map most
gallery.py          which examples to show
framing.py          are images scaled and centred like MNIST's?
scales.py           how large the outputs of a layer are
starts.py           initial images for gradient ascent
ascent.py           gradient ascent on pixels
excitation.py       what excites a map, and whether it converged
pattern_search.py   maps of a layer -> what excites them
pattern_files.py    the patterns of a layer <-> a file
"""
