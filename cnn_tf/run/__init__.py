"""Settings -> the folder of a finished run.

settings.py         every setting: its default, its flag; flagfiles
ctrl_c.py           Ctrl-C ends a command with one line
durable.py          files that survive a power cut
output.py           standard output that cannot end a run
command.py          what all commands have in common
tables.py           rows of cells -> aligned text
layers.py           layers as text -> specs
summary.py          the geometry of a network as a table
cluster.py          several machines: what TF_CONFIG says
cores.py            the cores, and TensorFlow's devices on them
replicas.py         cores, GPUs or machines -> a strategy
evaluation.py       mean cross-entropy and accuracy
trainer.py          the loop over steps, in the graph, over replicas
lock.py             one process at a time trains in a folder
memory.py           the memory that training needs, predicted
run_folder.py       settings, environment and result of a run
first_kernels.py    the first layer's kernels after each epoch
environment.py      what else decides the bits of a result
checkpoints.py      saving, and finding the newest intact one
events.py           numbers -> CSV and TensorBoard files
export.py           a trained network -> a SavedModel
terminal.py         progress -> lines on the terminal
epochs.py           train, validate, record, save
train_loop.py       the order of events in a run
"""
