"""Logits, labels -> loss, gradients, update.

  losses.py        cross-entropy, and the L2 penalty
  optimizers.py    gradients, rate -> new values of the variables
  adaptive.py    * RMSProp and Adam
  train_step.py    forward pass, backward pass, update
  one_step.py      one training step, number by number
  schedules.py   * step -> learning rate

* beside the essential path
"""
