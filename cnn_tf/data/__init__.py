"""Files -> examples.

idx.py        the IDX format: one file <-> one array
files.py      where the files of a dataset are
datasets.py   examples; validation split; order of an epoch
"""
