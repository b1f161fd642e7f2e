"""What only studies measure of a trained network.

tensors.py            a network, images -> its tensors as arrays
linear.py             linear maps from tensors to classes or pixels
rounding.py           what rounding changes, op by op and together
op_times.py           how long each op takes
op_errors.py          errors and times of all ops of a network
similarity.py         how similar two layers are
matching.py           which filters of two networks belong together?
paths.py              the straight line between two networks
centres.py            centres among images, and distances to them
filters.py            filters for a first layer, without labels
ablation.py           a network whose tensors are changed on the way
removal.py            what is lost without a map, and how few are enough
shifts.py             predictions and maps of shifted images
influence.py          how strongly pixels influence logits and nodes
quantities.py         numbers of a network, by formula and by counting
attacks.py            small changes of pixels with a large effect
teaching.py           a training loop of one's own, for soft answers
double.py             training in float64
trajectory.py         a training that departs from another one, step by step
similar_patterns.py   are patterns from different starts alike?
"""
