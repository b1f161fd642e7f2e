"""A run -> one HTML file in which its network computes.

program.py    geometry -> the steps that JavaScript runs
arrays.py     arrays <-> compressed text
epochs.py     the networks of some epochs -> their kernels, their accuracy
contents.py   a run -> all that its page contains
document.py   contents, sources -> HTML; renewing the sources
finish.py     the folder of a run -> its page
__main__.py   the command that writes a page
"""
