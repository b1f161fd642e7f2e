"""Logits, labels -> loss, gradients, update.

losses.py       cross-entropy, and the L2 penalty
schedules.py    step -> learning rate
optimizers.py   gradients, rate -> new values of the variables
train_step.py   forward pass, backward pass, update
one_step.py     one training step, number by number
"""
