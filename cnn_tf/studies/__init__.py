"""One question per file; each is a command with a table and a figure.

start.py             the start of a study's command, without messages
study.py             how much work; the command line; the report
trained.py           a plan, settings -> trained networks
changed.py           a dataset with changed images -> IDX files
arithmetic.py        are the numbers of a tutorial right?
border.py            what does the unseen border cost?
two_runs.py          do two trainings find the same filters?
pooling.py           maximum, average, stride or none?
shift.py             is a CNN invariant to translation?
ablation.py          what does a network lose without one of its maps?
uphill.py            what must change in a 4 to become a 9, and how little?
probes.py            where do the classes separate?
rates.py             which rate, which momentum, how much L2?
effective_field.py   how much of its receptive field does a node use?
map_patterns.py      does gradient ascent find one pattern for a map?
starts.py            from which starts does gradient ascent find patterns?
clusters.py          a dense network on distances to cluster centres
distillation.py      does a network know a 3 that it never saw?
one_bit.py           what does the last bit of one weight change?
memorising.py        when does a network believe a wrong label?
path.py              what is the mean of two networks worth?
layers_reset.py      how much of a network must be learned?
selection.py         what is a reported accuracy worth?
precision.py         what does bfloat16 cost, and what does it give?
__main__.py          the command that lists the studies
"""
