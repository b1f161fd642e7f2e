"""Training tricks: what a run can do besides plain gradient descent.

draws.py      random numbers for each example of a batch
augment.py    random changes of training images
averages.py   moving average of the variables
"""
