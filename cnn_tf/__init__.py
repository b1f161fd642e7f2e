"""A convolutional network in raw TensorFlow ops, and the order to read it in.

It classifies images of MNIST and Fashion-MNIST. `first.py` is a complete
example on one page. The essential path goes through one training step in
detail, for any network of convolutions and poolings, then dense layers; `run/`
has the loop.

Terms:

  op              a function of tensors, such as `tf.nn.conv2d`
  eager, graph    each op runs when Python calls it, or `tf.function` records
                  the ops first and runs them together
  kernel          the weights of a layer; in a convolution, all its filters
  filter o        `kernel[:, :, :, o]`, which computes feature map o
  batch           the examples of one training step, on the first axis
  channel         a slice of the last axis: a grey image has one, colour three
  feature map     one channel of the output of a convolution or pooling
  node            one value of a map or image, or one unit of a dense layer
  window, stride  the area that an op looks at; the step to the next one
  max pooling     the maximum of each window of a map
  relu            `max(x, 0)`, an activation function
  pre-activation  the input of the activation function
  logits z        the pre-activations of the last layer, one per class
  probabilities   `softmax(z)[k] = exp(z[k]) / sum(exp(z))`
  cross-entropy   `-log(softmax(z)[label])`
  [2] int64       an array or tensor of shape `[2]` and type int64

A convolutional layer is `activation(conv2d(inputs, kernel) + bias)`, a dense
layer `activation(inputs @ kernel + bias)`. The reference network is two
convolutional layers, each followed by max pooling, a third convolutional layer
and two dense layers.

The essential path, in reading order. Each folder's `__init__.py` lists its
files. A file imports only files above it; `first.py` also imports `datasets`.

  first.py           a complete example, on one page
  errors.py          `UserError`: a problem that the user can fix
  keys.py            reproducible random numbers
  data/              files -> examples
  network/           images -> logits
  learning/          logits, labels -> loss, gradients, update

The other folders; a folder imports only those above it:

  tricks/            optional: augmentation, averaged kernels
  run/               settings -> training, and the folder of its results
  measure/           a trained network -> numbers
  sweep/             settings, seeds -> finished runs, compared
  pictures.py        PNG, JPEG, GIF or BMP files -> grey images
  figures/           numbers -> pictures
  visualization/     the commands that draw a run
  page/              a run -> an HTML file that runs its network in the browser
  studies/measure/   measurements that only studies use
  studies/           claims about CNNs, tested
  explain/           one node of an op, term by term
  traps/             surprising behaviour of TensorFlow's raw ops, live
  compare.py         several runs in one table
  pack.py            folders of pictures -> a dataset
  classify.py        pictures -> their classes, by the network of a run
"""
