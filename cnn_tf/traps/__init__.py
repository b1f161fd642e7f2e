"""What TensorFlow's raw ops really do, live.

conv2d_does_not_flip.py     it slides the kernel as it is
same_pads_the_end.py        SAME puts an odd zero at the end
average_of_padding.py       avg_pool2d leaves padding out
window_larger_than_map.py   conv2d returns unwritten memory
pool_larger_than_map.py     max_pool2d crashes Python
image_without_batch.py      conv2d crashes Python
empty_batch.py              conv2d returns a wrong shape
strided_1x1_backward.py     a crash, or a wrong gradient
one_column_of_output.py     conv2d returns unwritten memory again
bfloat16_of_padding.py      a weight on padding gets a gradient
grouped_by_mistake.py       too few input channels are no error
maps_before_pixels.py       NCHW has no gradient on a CPU
nan_in_max_pooling.py       max_pool2d loses a NaN
equal_maxima.py             the first of them gets the gradient
relu_of_black.py            a gradient of exactly 0
softmax_then_log.py         an infinite loss that should be 1000
label_outside.py            a class that does not exist costs 0
accuracy_of_nan.py          NaN counts as class 0
division_in_a_graph.py      graph and eager differ in the last bit
number_of_threads.py        threads change the last bits
slower_when_compiled.py     XLA's max pooling on a CPU
counting_in_float32.py      a counter stops at 2 ** 24
one_more_draw.py            a seed starts a sequence of draws
graph_that_stays.py         a custom gradient keeps it for ever
python_number_retraces.py   one graph for each value of an argument
python_number_freezes.py    a number becomes a constant of the graph
shuffle_then_cache.py       the same order in every epoch
dropped_remainder.py        test images that are never scored
mean_of_means.py            the last batch weighs too much
restore_of_a_mismatch.py    nothing is restored, silently
damaged_checkpoint.py       the manager does not try an older one
scalar_for_tensorboard.py   tf.summary.scalar needs TensorBoard
catalogue.py                the names of all traps, in this order
answers.py                  a function -> its value or error, compared
trial.py                    a trap in a process of its own
__main__.py                 the command that runs the traps
"""
