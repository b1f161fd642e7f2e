"""Files -> examples.

  idx.py          the IDX format: a file -> an array
  idx_writer.py * an array -> a file
  files.py      * the four files of a dataset, found and checked
  datasets.py     examples; validation split; order of an epoch

* beside the essential path
"""
