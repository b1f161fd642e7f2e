"""Settings -> the folder of a finished run.

settings.py      every setting: its default, its flag; flagfiles
storage.py       what a run keeps on disk, safely
command.py       what all commands have in common
history.py       numbers and kernels of each epoch -> files
terminal.py      aligned tables; progress -> lines on the terminal
layers.py        layers as text -> specs; their geometry as a table
replicas.py      cores, GPUs or machines -> a strategy
evaluation.py    mean cross-entropy and accuracy
trainer.py       the loop over steps, in the graph, over replicas
memory.py        the memory that training needs, predicted
environment.py   what else decides the bits of a result
export.py        a trained network -> a SavedModel
loop.py          the loop over epochs: train, validate, record, save
main.py          the command: flags -> a run, its figures, its page
"""
