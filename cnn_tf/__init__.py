"""A convolutional network in raw TensorFlow ops, in reading order.

Read it from top to bottom: a file uses only the files above it. The essential
path ends with `learning/`; the rest runs, measures and draws.

  errors.py                    the one exception meant for the user
  keys.py                      (seed, purpose, step) -> key of a random draw

  data/                        files -> examples
    idx.py                     the IDX format: one file <-> one array
    files.py                   where the files of a dataset are
    datasets.py                examples; validation split; order of an epoch

  network/                     images -> logits
    windows.py                 one axis of a sliding window
    specs.py                   what a layer is, and its shapes
    geometry.py                shapes, costs and receptive fields of a network
    ops.py                     the ops: one `tf.nn` call each
    initializers.py            the initial value of a kernel
    model.py                   `ConvNet`: variables, and the ops between them
    reference.py               the ops in plain NumPy, forward and backward
    reference_activations.py   activation functions and their derivatives
    backward.py                backpropagation by hand, through all layers

  learning/                    logits, labels -> better kernels
    losses.py                  cross-entropy, and the L2 penalty
    metrics.py                 sums over examples, divided once
    schedules.py               step -> learning rate
    optimizers.py              gradients, rate -> new values of the variables
    train_step.py              forward pass, backward pass, update
    one_step.py                the whole story on one batch

  run/                         a `Config` -> the folder of a finished run
    config.py                  every hyperparameter and its default
    ctrl_c.py                  Ctrl-C ends a command with one line
    durable.py                 files that survive a power cut
    output.py                  standard output that cannot end a run
    command.py                 what all commands have in common
    tables.py                  rows of cells -> aligned text
    layers.py                  layers as text -> specs
    summary.py                 the geometry of a network as a table
    cluster.py                 several machines: what TF_CONFIG says
    cores.py                   the cores, and TensorFlow's devices on them
    replicas.py                cores, GPUs or machines -> a strategy
    trainer.py                 the loop over steps, in the graph, over replicas
    evaluation.py              mean cross-entropy and accuracy
    build.py                   a `Config` -> network and trainer
    lock.py                    one process at a time trains in a folder
    memory.py                  the memory that training needs, predicted
    run_folder.py              settings, environment and result of a run
    first_kernels.py           the first layer's kernels after each epoch
    environment.py             what else decides the bits of a result
    checkpoints.py             saving, and finding the newest intact one
    events.py                  numbers -> CSV and TensorBoard files
    export.py                  a trained network -> a SavedModel
    terminal.py                progress -> lines on the terminal
    epochs.py                  train, validate, record, save
    train_loop.py              the order of events in a run

  measure/                     a trained network -> numbers
    runs.py                    the folder of a run -> its network and data
    activity.py                what each layer does on a set of examples
    fields.py                  which pixels a node sees
    patches.py                 the real patches that excite a map most
    starts.py                  initial images for gradient ascent
    ascent.py                  gradient ascent on pixels
    excitation.py              what excites a map, and whether it converged
    pattern_search.py          maps of a layer -> what excites them

  figures/                     numbers -> pictures
    sheet.py                   what all figures share: size, heading, colours
    tiles.py                   many small images side by side
    training.py                learning curves; how the first kernels changed
    kernels.py                 the kernels of all layers
    maps.py                    feature maps, and their means over classes
    confusion.py               the confusion matrix, and the worst mistakes
    receptive_fields.py        receptive fields on an image
    patterns.py                patterns beside real patches

  visualization/               the commands that draw a run
    choices.py                 what the user selects, checked
    catalogue.py               a run -> its figures
    draw.py                    figures -> PNG files and TensorBoard events
    __main__.py                the command that draws the figures
    patterns.py                the command that finds and draws patterns

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
    __main__.py                the command that lists the studies
"""
