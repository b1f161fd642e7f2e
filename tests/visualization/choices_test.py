"""Tests of choices.py."""

from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.visualization import choices


class ChoicesTest(parameterized.TestCase):
  def test_valid_choices_are_returned(self):
    self.assertEqual(choices.layer('conv2', ['conv1', 'conv2']), 'conv2')
    self.assertEqual(choices.numbers('maps', ['3', '0'], 4), [3, 0])

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


if __name__ == '__main__':
  absltest.main()
