"""Numbers -> pictures.

sheet.py              what all figures share: size, heading, colours
tiles.py              many small images side by side
charts.py             dots with ranges, by category
low_precision.py      what a precision costs and gives
training.py           learning curves; how the first kernels changed
augmentations.py      what augmentation does to training images
kernels.py            the kernels of all layers
maps.py               feature maps, and their means over classes
one_class.py          many images of one class in every map of a layer
confusion.py          the confusion matrix, and the worst mistakes
receptive_fields.py   receptive fields on an image
patterns.py           patterns beside real patches
dreams.py             a picture, and what an ascent makes of it
"""
