"""Settings -> the folder of a finished run.

settings.py         every setting: its default, its flag; flagfiles
command.py          what all commands have in common
terminal.py         aligned tables; progress -> lines on the terminal
layers.py           layers as text -> specs; their geometry as a table
replicas.py         cores, GPUs or machines -> a strategy
evaluation.py       mean cross-entropy and accuracy
trainer.py          the loop over steps, in the graph, over replicas
memory.py           the memory that training needs, predicted
environment.py      what else decides the bits of a result
durable.py          files that survive a power cut
lock.py             one process at a time trains in a folder
run_folder.py       settings, environment and result of a run
checkpoints.py      saving, and finding the newest intact one
first_kernels.py    the first layer's kernels after each epoch
events.py           numbers -> CSV and TensorBoard files
export.py           a trained network -> a SavedModel
loop.py             the loop over epochs: train, validate, record, save
main.py             the command: flags -> a run, its figures, its page
"""
