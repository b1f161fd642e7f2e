"""Settings -> the folder of a finished run.

settings.py         every setting: its default, its flag; flagfiles
ctrl_c.py           Ctrl-C ends a command with one line
storage.py          what a run keeps on disk, safely
output.py           standard output that cannot end a run
command.py          what all commands have in common
tables.py           rows of cells -> aligned text
layers.py           layers as text -> specs
summary.py          the geometry of a network as a table
cluster.py          several machines: what TF_CONFIG says
cores.py            the cores, and TensorFlow's devices on them
replicas.py         cores, GPUs or machines -> a strategy
trainer.py          the loop over steps, in the graph, over replicas
evaluation.py       mean cross-entropy and accuracy
build.py            a `Settings` -> network and trainer
memory.py           the memory that training needs, predicted
environment.py      what else decides the bits of a result
history.py          numbers and kernels of each epoch -> files
export.py           a trained network -> a SavedModel
terminal.py         progress -> lines on the terminal
epochs.py           train, validate, record, save
train_loop.py       the order of events in a run
"""
