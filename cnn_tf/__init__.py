"""A convolutional network in raw TensorFlow ops, in the order of reading.

Read it from top to bottom: a file uses only what stands above it.

  errors.py                    the one exception meant for the user
  config.py                    every hyperparameter and its default, once
  command.py                   what all command lines have in common
  tables.py                    rows of cells -> aligned text
  keys.py                      (seed, what for, step) -> a random draw's key

  data/                        files -> examples
    idx.py                     the IDX format: one file -> one array
    datasets.py                what is held out; the order of an epoch

  network/                     images -> logits
    windows.py                 one axis of a sliding window
    specs.py                   what a layer is, and the shapes that it makes
    layers.py                  layers as text -> specs
    geometry.py                costs, receptive fields; refuses what cannot be
    ops.py                     one `tf.nn` call each
    reference.py               the same ops as NumPy loops: the definition
    initializers.py            the first value of a kernel
    model.py                   `ConvNet`: named variables, and the ops that join

  training/                    logits, labels -> better kernels
    losses.py                  cross-entropy, and the L2 penalty
    schedules.py               step -> learning rate
    optimizers.py              gradients, rate -> new values of the variables
    replicas.py                cores, GPUs or machines -> a strategy
    metrics.py                 sums over examples, divided once
    train_step.py              one update; the only tape over weights
    run_folder.py              what was asked, where it ran, what came out
    environment.py             what else decides the bits of a result
    checkpoints.py             saving, and finding the newest good one
    events.py                  numbers -> CSV and TensorBoard files
    export.py                  a trained network -> a SavedModel
    terminal.py                numbers -> lines on the terminal
    first_kernels.py           the first layer's kernels at each epoch
    epochs.py                  train, validate, record, save
    train_loop.py              the order of events in a run

  visualization/               a trained network -> pictures
    runs.py                    the folder of a run -> its data and its network
    choices.py                 what the user picks, checked
    measurements.py            a network, examples -> the numbers of the figures
    fields.py                  which pixels a node sees
    figures.py                 what all figures share: page, heading, colours
    figures_tiles.py           many small images side by side
    figures_training.py        learning curves; how the first kernels grew
    figures_kernels.py         the kernels of all layers
    figures_maps.py            feature maps, and their means over classes
    figures_errors.py          the confusion matrix, and the worst mistakes
    figures_fields.py          receptive fields on an image
    pages.py                   a run -> its figures
    draw.py                    figures -> PNG files and TensorBoard events
    __main__.py                the command that draws them
    starts.py                  the images from which the ascent begins
    ascent.py                  gradient ascent on pixels
    patches.py                 the real patches that excite a map most
    excitation.py              what excites a map, and whether to believe it
    figures_patterns.py        patterns beside real patches
    pattern_search.py          maps of a layer -> what excites them
    patterns.py                the command that searches and draws them

  studies/                     what is said about CNNs, measured
    study.py                   how much work; the command line; the report
    trained.py                 settings, seeds -> networks, trained once
    tensors.py                 a network, images -> its tensors as arrays
    changed.py                 a dataset, its images changed -> IDX files
    arithmetic.py              are the textbook's numbers right?
    border.py                  what does the unseen border cost?
    two_runs.py                do two trainings find the same filters?
    pooling.py                 maximum, average, stride or none?
    shift.py                   is a CNN invariant to translation?
    probes.py                  where do the classes separate?
    rates.py                   which rate, which momentum, how much L2?
    hierarchy.py               which patterns excite the maps of each layer?
    clusters.py                the older way: distances to cluster centres
    selection.py               what is a reported accuracy worth?
"""
