"""A map for many images of one class, in the view of the map."""

import numpy as np
from absl.testing import absltest

from cnn_tf.data import datasets
from tests.page import browsers
from tests.page import reference_page

_DONE = 'document.querySelector(".sheet") && '
_DONE += '!document.querySelector(".output:empty")'
_TILE = '.tiles-of-class button'
# The colours of a canvas, and those of values on the scale of a layer.
_FOUND = """
  const canvas = document.querySelectorAll('.tiles-of-class button')
    [arguments[0]].lastChild;
  const {data} = canvas.getContext('2d').getImageData(
    0, 0, canvas.width, canvas.height);
  return Array.from(data).filter((_, index) => index % 4 < 3);"""
_EXPECTED = """
  const scale = cnn.layers.scaleOfLayer(cnn.state.layerNamed(arguments[1]));
  return arguments[0].flatMap(value => cnn.elements.colourOf(value, scale));"""


class SheetTest(reference_page.TestCase):
  def show(self, state):
    self.open(self.path, state)
    self.wait(_DONE)

  def images_of(self, *labels):
    """The first dozen test images of each class."""
    test = self.run_.data.test
    return np.concatenate(
      [test.images[test.labels == label][:12] for label in labels]
    )

  def other(self, label):
    return self.js('cnn.state.contents.ofClasses.confused[arguments[0]]', label)

  def test_each_tile_is_the_map_of_its_image(self):
    self.show('i=3&c=4&s=map.conv2.17')
    images = self.images_of(4, self.other(4))
    tensors = self.run_.network.activations(datasets.to_float(images))
    tiles = self.driver.find_elements('css selector', _TILE)
    self.assertLen(tiles, len(images))
    for place in (0, 5, len(images) - 1):
      values = np.ravel(tensors['conv2/relu'][place, :, :, 17]).tolist()
      found = self.driver.execute_script(_FOUND, place)
      expected = self.driver.execute_script(_EXPECTED, values, 'conv2')
      np.testing.assert_allclose(found, expected, atol=1)

  def test_the_tile_of_a_unit_is_its_number(self):
    self.show('i=3&c=4&s=map.logits.4')
    images = self.images_of(4, self.other(4))
    logits = self.run_.network(datasets.to_float(images))[:, 4]
    cells = self.driver.find_elements('css selector', '.tiles-of-class .output')
    found = [browsers.to_float(cell.text) for cell in cells]
    np.testing.assert_allclose(found, logits, atol=0.051)

  def test_the_class_is_that_of_the_answer_until_one_is_chosen(self):
    self.show('i=3&s=map.conv2.17')
    answer = self.js('cnn.network.ranking()[0]')
    menu = '.sheet select'
    self.assertEqual(self.text('.sheet h4'), str(answer))
    self.driver.find_element('css selector', menu).send_keys('7')
    self.settle()
    self.wait(_DONE)
    self.assertEqual(self.text('.sheet h4'), '7')
    self.assertEqual(
      self.js('cnn.state.stateToText()'), 'i=3&c=7&s=map.conv2.17'
    )

  def test_a_hidden_answer_does_not_choose_the_class(self):
    for example in range(4):
      self.show(f'i={example}&h=1&s=map.conv2.17')
      self.assertEqual(self.text('.sheet h4'), '0')

  def test_a_click_loads_the_image(self):
    self.show('i=3&c=4&s=map.conv2.17')
    self.click(_TILE)
    image = self.image().reshape(28, 28)
    np.testing.assert_allclose(image, self.images_of(4)[0] / 255, atol=1e-6)
    self.assertEqual(self.text('.sheet h4'), '4')

  def test_it_follows_the_epoch_and_the_switches(self):
    self.show('i=3&c=4&s=map.conv2.17')
    before = self.driver.execute_script(_FOUND, 0)
    self.show_epoch(0)
    self.wait(_DONE)
    self.assertNotEqual(self.driver.execute_script(_FOUND, 0), before)
    self.show('i=3&c=4&off=conv2.17&s=map.conv2.17')
    colours = np.reshape(self.driver.execute_script(_FOUND, 0), [-1, 3])
    np.testing.assert_array_equal(np.ptp(colours, axis=0), 0)

  def test_the_words_of_the_articles_are_there(self):
    self.show('i=3&s=map.conv2.17')
    for word in ('activation pattern', 'input pattern'):
      self.assertIn(word, self.text('.sheet'))


if __name__ == '__main__':
  absltest.main()
