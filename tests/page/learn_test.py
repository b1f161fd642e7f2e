"""Learning on a page: the steps, the way back, and what the views say."""

import numpy as np
import tensorflow as tf
from absl.testing import absltest

from cnn_tf.data import datasets
from cnn_tf.learning import optimizers
from cnn_tf.learning import train_step
from cnn_tf.network import model
from tests.page import browsers
from tests.page import reference_page
from tests.search import compare

_RATE = 0.01
_RIGHT, _ENTER = '\ue014', '\ue007'
_PARAMETERS = """Object.fromEntries(Object.entries(cnn.network.parametersNow())
  .map(([name, {kernel, bias}]) => [
    name, {kernel: Array.from(kernel), bias: Array.from(bias)}]))"""
# Whether the parameters have the bytes of those that were kept.
_SAME = """Object.entries(cnn.network.parametersNow()).every(
  ([name, parts]) => ['kernel', 'bias'].every(kind => {
    const [x, y] = [parts, window.kept[name]].map(
      one => new Uint32Array(one[kind].buffer));
    return x.length === y.length && x.every((bits, p) => bits === y[p]);
  }))"""


class TestCase(reference_page.TestCase):
  def do(self, code, *arguments):
    self.driver.execute_script(code, *arguments)
    self.settle()

  def learn(self, key='learn', rate=_RATE):
    self.do('cnn.state.state.rate = arguments[0]', rate)
    self.click(f'[data-key={key}]')
    # The page is drawn again when the answers to its test images are known.
    self.wait(
      '!cnn.network.isChanged() || [cnn.network.runsParameters(),'
      'cnn.network.parametersNow()].every(cnn.descent.answersOf)'
    )

  def keep_parameters(self):
    self.do('window.kept = structuredClone(cnn.network.parametersNow())')

  def assert_same_bytes(self, same=True):
    self.assertEqual(self.js(_SAME), same)

  def numbers(self, selector):
    cells = self.driver.find_elements('css selector', selector)
    return [browsers.to_float(cell.text) for cell in cells]


class LearnTest(TestCase):
  def trained(self, images, label, num_steps):
    """A copy of the network after steps of plain gradient descent."""
    network = model.ConvNet(self.run_.geometries, seed=0)
    sources = self.run_.network.trainable_variables
    for copy, source in zip(network.trainable_variables, sources, strict=True):
      copy.assign(source)
    optimizer = optimizers.Momentum(network.trainable_variables, momentum=0.0)
    found = [
      train_step.train_step(
        network,
        optimizer,
        tf.constant(_RATE),
        images,
        tf.constant([label]),
        self.run_.settings.l2_scale,
      ).numpy()
      for _ in range(num_steps)
    ]
    return network, found

  def assert_parameters_are_those_of(self, network):
    found = self.js(_PARAMETERS)
    before = self.run_.network
    for kind, of in (('kernel', 'kernels'), ('bias', 'biases')):
      for name, variable in getattr(network, of).items():
        start = getattr(before, of)[name].numpy()
        actual = np.reshape(found[name][kind], start.shape) - start
        error = compare.relative_error([actual], [variable.numpy() - start])
        self.assertLess(error, 1e-3, f'{kind} of {name}')

  def test_one_step_and_ten_equal_train_step(self):
    self.open(self.path, 'i=3&s=learn&t=5')
    images = self.example(self.run_, 3)
    self.learn()
    network, found = self.trained(images, 5, num_steps=2)
    before, after = self.numbers('.comparison .total .value')
    np.testing.assert_allclose([before, after], found, atol=0.001)
    network, _ = self.trained(images, 5, num_steps=1)
    self.assert_parameters_are_those_of(network)
    self.learn('learn-ten')
    network, _ = self.trained(images, 5, num_steps=11)
    self.assert_parameters_are_those_of(network)
    np.testing.assert_allclose(
      self.logits(), network(images)[0].numpy(), rtol=1e-3, atol=1e-3
    )

  def test_the_test_images_show_the_answers_of_the_changed_kernels(self):
    self.open(self.path, 'i=3&s=learn&t=5')
    self.learn('learn-ten')
    network, _ = self.trained(self.example(self.run_, 3), 5, num_steps=10)
    numbers = self.js('cnn.state.contents.examples.numbers')
    images = datasets.to_float(self.run_.data.test.images[numbers])
    labels = self.run_.data.test.labels[numbers]
    before, now = (
      np.argmax(of(images), axis=1) for of in (self.run_.network, network)
    )
    self.assertTrue((before != now).any())
    marks = self.js(
      '[...document.querySelectorAll(".thumbnail")].map('
      'one => [Number(one.dataset.example), one.dataset.now])'
    )
    for index, mark in marks:
      right = 'right' if now[index] == labels[index] else 'wrong'
      self.assertEqual(mark, '' if before[index] == now[index] else right)
    self.assertIn(
      f'{(before == labels).sum()} before you changed it, '
      f'{(now == labels).sum()} now',
      self.text('#inspector'),
    )
    self.click('[data-key=learn-forget]')
    self.assertFalse(self.js('document.querySelector("[data-now=wrong]")'))

  def test_numbers_that_overflow_change_nothing(self):
    self.open(self.path, 'i=3&s=learn')
    self.keep_parameters()
    self.learn('learn-ten', rate=1e30)
    self.assertIn('overflow', self.text('.learn .wrong'))
    self.assert_same_bytes()
    self.assertFalse(self.js('cnn.network.isChanged()'))
    # It says nothing of another picture or rate.
    self.click('[data-example="4"]')
    self.assertEmpty(self.driver.find_elements('css selector', '.learn .wrong'))

  def test_the_rate_follows_the_mouse(self):
    self.open(self.path, 'i=3&s=learn')
    slider = self.driver.find_element('css selector', '[data-key=rate]')
    self.js('arguments[0].scrollIntoView({block: "center"})', slider)
    mouse = browsers.webdriver.ActionChains(self.driver, duration=50)
    mouse.move_to_element(slider).click_and_hold()
    for _ in range(4):
      mouse.move_by_offset(slider.size['width'] // 6, 0)
    mouse.release().perform()
    self.wait('!cnn.state.state.pressed')
    self.assertEqual(self.js('cnn.state.state.rate'), 1)
    shown = self.driver.find_element('css selector', '[data-key=rate]')
    self.assertEqual(shown.get_attribute('aria-valuetext'), '1')

  def test_the_changes_of_the_first_layer_have_no_names_of_maps(self):
    self.open(self.path, 'i=3&s=learn')
    self.learn()
    self.select({'view': 'map', 'layer': 'conv1', 'map': 0})
    changes = self.driver.find_element('css selector', '#inspector .weights')
    browsers.webdriver.ActionChains(self.driver).move_to_element(
      changes
    ).perform()
    self.assertEqual(changes.get_attribute('title'), '')

  def test_undo_and_forget_restore_the_bytes(self):
    self.open(self.path, 'i=3&s=learn')
    self.keep_parameters()
    self.do('window.first = window.kept')
    self.learn()
    self.keep_parameters()
    self.learn('learn-ten')
    self.assert_same_bytes(False)
    self.click('[data-key=learn-undo]')  # the ten steps are one press
    self.assert_same_bytes()
    self.learn('learn-ten')
    self.click('[data-key=learn-forget]')
    self.do('window.kept = window.first')
    self.assert_same_bytes()
    self.learn()
    self.click('[data-key=learn-undo]')
    self.assert_same_bytes()
    self.assertFalse(self.js('cnn.network.isChanged()'))

  def test_the_header_does_not_name_an_accuracy_of_changed_kernels(self):
    self.open(self.path, 'i=3&s=learn')
    self.do(
      'cnn.state.contents.result = {test_accuracy: 0.93, test_examples: 10000}'
    )
    self.learn()
    self.assertIn('changed by you', self.text('header'))
    self.assertNotIn('93.00 %', self.text('header'))
    self.do('cnn.state.state.kernels = "initial"; cnn.changes.update()')
    self.assertNotIn('changed by you', self.text('header'))
    self.do('cnn.state.state.kernels = "trained"; cnn.changes.update()')
    self.click('[data-key=learn-forget]')
    self.assertNotIn('changed by you', self.text('header'))
    self.assertIn('93.00 %', self.text('header'))

  def choose(self, key, value):
    self.do(
      'const menu = document.querySelector(`[data-key=${arguments[0]}]`);'
      'menu.value = arguments[1]; menu.dispatchEvent(new Event("change"));',
      key,
      str(value),
    )

  def target(self):
    return self.js('cnn.gradients.target()')

  def test_it_is_the_label_or_the_answer_until_another_is_chosen(self):
    self.open(self.path, 'i=3&s=learn')
    labels = self.js('cnn.state.contents.examples.labels')
    self.assertEqual(self.target(), labels[3])
    other = (labels[3] + 1) % 10
    self.choose('target', other)
    self.assertEqual(self.target(), other)
    self.assertIn(f't={other}', self.js('cnn.state.stateToText()'))
    self.click('[data-example="7"]')
    self.assertEqual(self.target(), labels[7])
    self.click('[data-key=clear]')
    self.draw((8, 5), (8, 20), (18, 20))
    self.assertEqual(self.target(), np.argmax(self.logits()))

  def test_a_click_on_a_difference_opens_its_weight(self):
    self.open(self.path, 'i=3&s=learn&t=5')
    self.learn()
    canvas = self.driver.find_elements('css selector', '.differences')[1]
    self.js('arguments[0].scrollIntoView({block: "center"})', canvas)
    # A kernel of conv2 has three pixels, and a gap of two: filter 5, input 9.
    self.do(
      """const {left, top} = arguments[0].getBoundingClientRect();
      arguments[0].dispatchEvent(new MouseEvent('click', {
        clientX: Math.ceil(left) + 5 * 5 + 2,
        clientY: Math.ceil(top) + 9 * 5 + 1}));""",
      canvas,
    )
    self.assertEqual(
      self.js('cnn.state.selection()'),
      {
        'view': 'weight',
        'layer': 'conv2',
        'map': 5,
        'from': 9,
        'i': 1,
        'j': 2,
      },
    )

  def test_a_pixel_of_the_differences_is_the_change_of_its_weight(self):
    self.open(self.path, 'i=3&s=learn&t=5')
    self.keep_parameters()
    self.learn()
    place = ((1 * 3 + 2) * 32 + 9) * 64 + 5  # as in the test above
    change = self.js(
      'cnn.network.parametersNow().conv2.kernel[arguments[0]]'
      ' - window.kept.conv2.kernel[arguments[0]]',
      place,
    )
    red, _, blue, _ = self.js(
      "[...document.querySelectorAll('.differences')[1].getContext('2d')"
      '.getImageData(5 * 5 + 2, 9 * 5 + 1, 1, 1).data]'
    )
    self.assertNotEqual(change, 0)
    self.assertEqual(red > blue, change > 0)  # orange: it rose

  def test_the_keyboard_changes_the_rate_and_opens_a_weight(self):
    self.open(self.path, 'i=3&s=learn&t=5')
    self.do('document.querySelector("[data-key=rate]").focus()')
    self.press(_RIGHT)
    self.settle()
    self.assertEqual(self.js('cnn.state.state.rate'), 0.002)
    self.assertEqual(self.js('document.activeElement.dataset.key'), 'rate')
    self.learn()
    self.do('document.querySelector("[data-key=most-conv2]").focus()')
    self.press(_ENTER)
    self.assertEqual(self.js('cnn.state.selection().view'), 'weight')
    self.assertStartsWith(self.text('#inspector h2'), 'conv2 map')

  def test_a_hidden_answer_is_not_shown_by_its_gradient(self):
    self.open(self.path, 'i=3&h=1&s=learn/node.conv2.4.5.6')
    self.assertTrue(
      self.js('document.querySelector("[data-key=tab-Learn]").disabled')
    )
    self.assertFalse(self.js('document.querySelector(".backward")'))
    self.select(
      {'view': 'weight', 'layer': 'conv1', 'map': 1, 'from': 0, 'i': 0, 'j': 0}
    )
    self.assertNotIn('%', self.text('#inspector'))


class BackwardTest(TestCase):
  def test_the_rows_of_a_node_add_up_to_its_gradient(self):
    self.open(self.path, 'i=3&t=5&s=node.pool1.6.6.5')
    *rows, total = self.numbers('.backward .sum td.value')
    self.assertLen(rows, 8 + 1)  # and the others
    self.assertAlmostEqual(sum(rows), total, delta=0.006)
    gradient = self.js(
      'cnn.gradients.gradientsNow().byTensor.pool1[(6 * 13 + 6) * 32 + 5]'
    )
    self.assertAlmostEqual(total, gradient, delta=0.001)
    self.click('.backward .expander')
    grids = np.reshape(self.numbers('.backward .grid td'), (3, -1))
    upstream, kernel, products = grids
    np.testing.assert_allclose(upstream * kernel, products, atol=0.0015)
    self.click('.backward .grid button')
    self.assertEqual(self.js('cnn.state.selection().view'), 'weight')

  def test_a_weight_of_the_kernel_is_the_one_that_was_clicked(self):
    self.open(self.path, 'i=3&t=5&s=node.pool1.6.6.5')
    self.click('.backward .expander')
    button = '.backward .grid button'
    shown = browsers.to_float(self.text(button))
    self.click(button)
    weight = browsers.to_float(self.text('.equation').split()[-1])
    self.assertAlmostEqual(weight, shown, delta=0.001)

  def test_a_logit_gets_its_probability_minus_1_for_the_class(self):
    self.open(self.path, 'i=3&t=5&s=node.logits.0.0.5')
    share = np.exp(self.logits()) / np.exp(self.logits()).sum()
    rows = self.numbers('.backward .sum td.value')
    np.testing.assert_allclose(rows, [share[5], -1, share[5] - 1], atol=0.001)

  def test_relu_and_the_maximum_say_where_they_close_the_way(self):
    self.open(self.path, 'i=3&t=5')
    tensors = self.run_.network.activations(self.example(self.run_, 3))
    sums = tensors['conv1'][0, :26, :26].numpy()
    windows = sums.reshape(13, 2, 13, 2, 32)
    largest = windows.max(axis=(1, 3), keepdims=True)
    is_largest = (windows == largest).reshape(26, 26, 32)
    for says, where in (
      ('relu: the sum [^ ]+ is above 0', is_largest & (sums > 0.01)),
      ('not above 0, so the way is closed', is_largest & (sums < -0.01)),
      ('not the largest of its window', ~is_largest & (sums > 0.01)),
    ):
      y, x, number = np.argwhere(where)[0].tolist()
      self.select(dict(view='node', layer='conv1', y=y, x=x, map=number))
      self.assertRegex(self.text('.backward'), says)

  def test_the_rows_of_a_weight_and_its_penalty_add_up_to_its_gradient(self):
    self.open(self.path, 'i=3&t=5&s=weight.conv2.1.2.9.5')
    *rows, total, penalty, gradient = self.numbers('.sum td.value')
    self.assertAlmostEqual(sum(rows), total, delta=0.006)
    kernel = self.run_.network.kernels['conv2'].numpy()[1, 2, 9, 5]
    scale = self.run_.settings.l2_scale
    self.assertAlmostEqual(penalty, kernel * scale, delta=1e-6)
    self.assertAlmostEqual(gradient, total + penalty, delta=0.002)
    step = 'document.querySelector("#inspector .sum + p").textContent'
    rate = self.js('cnn.state.state.rate')
    self.assertIn(f'{kernel:.6f}'.replace('-', '−'), self.js(step))
    after = browsers.to_float(
      self.js(step).partition(' = ')[2].partition(',')[0]
    )
    self.assertAlmostEqual(after, kernel - rate * gradient, delta=2e-6)

  def test_a_term_of_a_weight_leads_to_both_of_its_nodes(self):
    self.open(self.path, 'i=3&t=5&s=weight.conv2.1.2.9.5')
    self.click('.sum .group .factors button')
    found = self.js('cnn.state.selection()')
    self.assertEqual((found['layer'], found['map']), ('pool1', 9))
    self.click('.crumbs [data-key=crumb-0]')
    self.click('.sum .group th > button')
    above = self.js('cnn.state.selection()')
    self.assertEqual((above['layer'], above['map']), ('conv2', 5))
    self.assertEqual((found['y'], found['x']), (above['y'] + 1, above['x'] + 2))

  def test_a_link_to_a_weight_that_does_not_exist_is_left_out(self):
    self.open(self.path, 'i=3&t=99&s=weight.conv2.3.0.0.0/weight.pool1.0.0.0.0')
    self.assertIsNone(self.js('cnn.state.selection()'))
    self.assertIsNone(self.js('cnn.state.state.target'))


if __name__ == '__main__':
  absltest.main()
