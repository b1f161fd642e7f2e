"""Tests of choices.py."""

from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.network import geometry
from cnn_tf.run import layers
from cnn_tf.visualization import choices


class ChoicesTest(parameterized.TestCase):
  def test_valid_choices_are_returned(self):
    self.assertEqual(choices.layer('conv2', ['conv1', 'conv2']), 'conv2')
    self.assertEqual(choices.numbers('maps', ['3', '0'], 4), [3, 0])

  def test_the_layers_up_to_one_and_its_maps(self):
    specs = layers.parse('conv 8 3x3, maxpool 2x2, dense 5')
    geometries = geometry.trace(specs, (28, 28, 1))
    found, maps = choices.layer_and_maps(geometries, 'dense1', None)
    self.assertEqual(found, geometries[:3])
    self.assertEqual(maps, [0, 1, 2, 3, 4])
    found, maps = choices.layer_and_maps(geometries, 'conv1', ['7', '2'])
    self.assertEqual((found, maps), (geometries[:1], [7, 2]))
    with self.assertRaisesRegex(errors.UserError, 'from conv1, dense1, logits'):
      choices.layer_and_maps(geometries, 'pool1', None)

  def test_an_unknown_layer_is_rejected_with_a_list_of_the_layers(self):
    with self.assertRaisesRegex(
      errors.UserError, '^--layer=conv3: .*; choose from conv1, logits$'
    ):
      choices.layer('conv3', ['conv1', 'logits'])

  @parameterized.parameters('4', '-1', '1.5', 'two', '')
  def test_a_number_out_of_range_is_rejected_with_the_range(self, word):
    with self.assertRaises(errors.UserError) as caught:
      choices.numbers('maps', ['0', word], 4)
    self.assertEqual(
      str(caught.exception), f'--maps=0,{word}: {word!r} is not one of 0 to 3'
    )

  @parameterized.parameters(
    (['class:4'], 4),
    (['class:shirt'], 2),
    (['class:ankle boot'], 1),
    (['class:0'], 3),  # a name comes before a number
    (['class:a', 'b'], 0),  # a name with a comma
    (['3', '17'], None),
    (['class'], None),
    (['3', 'class:4'], None),
  )
  def test_a_class_is_chosen_by_its_name_or_its_number(self, words, label):
    names = ['a,b', 'ankle boot', 'shirt', '0', 'bag']
    self.assertEqual(choices.class_label(words, names), label)

  @parameterized.parameters('3', '-1', 'dog', '')
  def test_an_unknown_class_is_rejected_with_the_names(self, name):
    with self.assertRaises(errors.UserError) as caught:
      choices.class_label([f'class:{name}'], ['cat', 'cow', 'pig'])
    self.assertEqual(
      str(caught.exception),
      f'--images=class:{name}: there is no such class; choose a label, 0 to '
      '2, or one of cat, cow, pig',
    )


if __name__ == '__main__':
  absltest.main()
