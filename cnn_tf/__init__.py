"""A convolutional network in raw TensorFlow ops, in reading order.

Read it from top to bottom: a file uses only the files above it. The essential
path ends with `learning/`; the rest runs, measures and draws. To see first
where it leads, run `python -m cnn_tf.learning.one_step`.

Terminology. An op is a function of tensors, such as `tf.nn.conv2d`. Code runs
eagerly, op by op, or as a graph, which `tf.function` makes of it. The kernel of
a convolution holds its filters: filter o is `kernel[:, :, :, o]`, and feature
map o, or channel o of the output, is what it computes. A convolutional layer is
`activation(conv2d(inputs, kernel) + bias)`, a dense layer
`activation(inputs @ kernel + bias)`; the input of the activation function is
the pre-activation. A node is one value of a feature map, or one unit of a dense
layer. The pre-activations of the last layer are the logits z, one per class;
`softmax(z)[k] = exp(z[k]) / sum(exp(z))` are probabilities, and
`-log(softmax(z)[label])` is the cross-entropy. `[2]` int64 means: an array or
tensor of shape `[2]` and type int64. The reference network of this project is
two convolutional layers, each followed by max pooling, a third convolutional
layer and two dense layers: `geometry.py` and `one_step.py` spell it out.

  errors.py                    the one exception meant for the user
  keys.py                      (seed, purpose, step) -> key of a random draw

  data/                        files -> examples
    idx.py                     the IDX format: one file <-> one array
    files.py                   where the files of a dataset are
    datasets.py                examples; validation split; order of an epoch
    augment.py                 random changes of training images

  network/                     images -> logits
    windows.py                 one axis of a sliding window
    specs.py                   what a layer is, and its shapes
    geometry.py                shapes, costs and receptive fields of a network
    ops.py                     the ops of a network
    initializers.py            the initial value of a kernel
    model.py                   `ConvNet`: variables, and the ops between them
    reference.py               the ops in plain NumPy, forward and backward
    reference_activations.py   activation functions and their derivatives
    backward.py                backpropagation by hand, through all layers

  learning/                    logits, labels -> loss, gradients, update
    losses.py                  cross-entropy, and the L2 penalty
    metrics.py                 sums over examples, divided once
    schedules.py               step -> learning rate
    optimizers.py              gradients, rate -> new values of the variables
    averages.py                moving average of the variables
    train_step.py              forward pass, backward pass, update
    one_step.py                one training step, number by number

  run/                         a `Config` -> the folder of a finished run
    config.py                  every hyperparameter and its default
    settings_flags.py          the same as flags; flagfiles
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
    tensors.py                 a network, images -> its tensors as arrays
    linear.py                  linear maps from tensors to classes or pixels
    rounding.py                what rounding changes, op by op and together
    op_times.py                how long each op takes
    op_errors.py               errors and times of all ops of a network
    fields.py                  which pixels a node sees
    intervals.py               values by seed -> mean and 95 % interval
    similarity.py              how similar two layers are
    centres.py                 centres among images, and distances to them
    ablation.py                a network whose tensors are changed on the way
    shifts.py                  predictions and maps of shifted images
    influence.py               how strongly pixels influence logits and nodes
    quantities.py              numbers of a network, by formula and by counting
    patches.py                 the real patches that excite a map most
    gallery.py                 which examples to show
    framing.py                 are images scaled and centred like MNIST's?
    scales.py                  how large the outputs of a layer are
    starts.py                  initial images for gradient ascent
    ascent.py                  gradient ascent on pixels
    excitation.py              what excites a map, and whether it converged
    similar_patterns.py        are patterns from different starts alike?
    pattern_search.py          maps of a layer -> what excites them
    pattern_files.py           the patterns of a layer <-> a file

  figures/                     numbers -> pictures
    sheet.py                   what all figures share: size, heading, colours
    tiles.py                   many small images side by side
    charts.py                  dots with ranges, by category
    low_precision.py           what a precision costs and gives
    training.py                learning curves; how the first kernels changed
    augmentations.py           what augmentation does to training images
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

  page/                        a run -> one HTML file in which it computes
    program.py                 geometry -> the steps that JavaScript runs
    arrays.py                  arrays <-> compressed text
    contents.py                a run -> all that its page contains
    document.py                contents, sources -> HTML; renewing the sources
    finish.py                  the folder of a run -> its page
    __main__.py                the command that writes a page

  studies/                     what is said about CNNs, measured
    study.py                   how much work; the command line; the report
    trained.py                 settings, seeds -> networks, trained once
    changed.py                 a dataset, its images changed -> IDX files
    arithmetic.py              are the numbers of a tutorial right?
    border.py                  what does the unseen border cost?
    two_runs.py                do two trainings find the same filters?
    pooling.py                 maximum, average, stride or none?
    shift.py                   is a CNN invariant to translation?
    probes.py                  where do the classes separate?
    rates.py                   which rate, which momentum, how much L2?
    effective_field.py         how much of its receptive field does a node use?
    map_patterns.py            does gradient ascent find one pattern for a map?
    clusters.py                a dense network on distances to cluster centres
    selection.py               what is a reported accuracy worth?
    precision.py               what does bfloat16 cost, and give?
    __main__.py                the command that lists the studies

  explain/                     one node of an op, term by term
    case.py                    the node: its layer, and small integers
    page.py                    numbers -> aligned text
    window.py                  the window of a node, in words and in grids
    terms.py                   the node and its gradient, term by term
    comparison.py              the same node by TensorFlow
    __main__.py                the command that explains a node

  traps/                       what TensorFlow's raw ops really do, live
    conv2d_does_not_flip.py    it slides the kernel as it is
    same_pads_the_end.py       SAME puts an odd zero at the end
    average_of_padding.py      avg_pool2d leaves padding out
    window_larger_than_map.py  conv2d returns unwritten memory
    pool_larger_than_map.py    max_pool2d crashes Python
    image_without_batch.py     conv2d crashes Python
    empty_batch.py             conv2d returns a wrong shape
    strided_1x1_backward.py    a crash, or a wrong gradient
    one_column_of_output.py    conv2d returns unwritten memory again
    bfloat16_of_padding.py     a weight on padding gets a gradient
    grouped_by_mistake.py      too few input channels are no error
    maps_before_pixels.py      NCHW has no gradient on a CPU
    nan_in_max_pooling.py      max_pool2d loses a NaN
    equal_maxima.py            the first of them gets the gradient
    relu_of_black.py           a gradient of exactly 0
    softmax_then_log.py        an infinite loss that should be 1000
    label_outside.py           a class that does not exist costs 0
    accuracy_of_nan.py         NaN counts as class 0
    division_in_a_graph.py     graph and eager differ in the last bit
    number_of_threads.py       threads change the last bits
    counting_in_float32.py     a counter stops at 2 ** 24
    one_more_draw.py           a seed starts a sequence of draws
    python_number_retraces.py  one graph for each value of an argument
    python_number_freezes.py   a number becomes a constant of the graph
    shuffle_then_cache.py      the same order in every epoch
    dropped_remainder.py       test images that are never scored
    mean_of_means.py           the last batch weighs too much
    restore_of_a_mismatch.py   nothing is restored, silently
    damaged_checkpoint.py      the manager does not try an older one
    scalar_for_tensorboard.py  tf.summary.scalar needs TensorBoard
    catalogue.py               the names of all traps, in this order
    answers.py                 a function -> its value or error, compared
    trial.py                   a trap in a process of its own
    table.py                   long cells -> wrapped columns
    __main__.py                the command that runs the traps

  compare.py                   several runs in one table
"""
