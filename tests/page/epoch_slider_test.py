"""The slider of the epochs: what the page computes with is what a run kept."""

import pathlib
import tempfile

import numpy as np

from cnn_tf.measure import runs
from cnn_tf.page import contents
from cnn_tf.page import document
from cnn_tf.run import settings as settings_lib
from tests import small_run
from tests.page import browsers

_MEDIA = 'Emulation.setEmulatedMedia'
_NAMES = ['initial', '1', '2', 'trained']
_LOGITS = """
  const {images, labels} = cnn.state.contents.examples;
  return Array.from(labels, (_, index) => {
    const image = cnn.state.storedImage(images, index);
    const tensors = cnn.ops.run(
      cnn.state.contents.program, cnn.network.parametersNow(), {image});
    return Array.from(cnn.network.logitsOf(tensors));
  });"""


class EpochSliderTest(browsers.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    workdir = small_run.train(folder, settings_lib.REFERENCE_LAYERS, 3)
    cls.run_ = runs.load(workdir)
    cls.path = pathlib.Path(folder, 'page.html')
    cls.path.write_text(document.write(contents.network(cls.run_)))

  def shown(self):
    """The name of the kernels that the page computes with."""
    return self.js('cnn.state.state.kernels')

  def kernels(self):
    """Name -> the bytes of the kernel that computes, and those of its bias."""
    found = self.js(
      'Object.fromEntries(Object.entries(cnn.network.parametersNow()).map('
      '([name, {kernel, bias}]) => [name, [[...kernel], [...bias]]]))'
    )
    return {
      name: [np.array(values, np.float32).tobytes() for values in pair]
      for name, pair in found.items()
    }

  def expected(self, network):
    return {
      name: [kernel.numpy().tobytes(), network.biases[name].numpy().tobytes()]
      for name, kernel in network.kernels.items()
    }

  def test_its_ends_are_the_run_and_its_initial_kernels_to_the_bit(self):
    self.open(self.path)
    self.assertEqual(self.kernels(), self.expected(self.run_.network))
    self.show_epoch(0)
    self.assertEqual(self.kernels(), self.expected(self.run_.untrained()))
    self.show_epoch(3)
    self.assertEqual(self.kernels(), self.expected(self.run_.network))

  def test_logits_of_8_bits_are_within_2_percent_of_the_largest(self):
    self.open(self.path)
    networks = self.run_.networks()
    numbers = self.js('cnn.state.contents.examples.numbers')
    images = self.run_.data.test.images[numbers] / np.float32(255)
    for epoch in (1, 2):
      self.show_epoch(epoch)
      found = np.array(self.driver.execute_script(_LOGITS))
      logits = networks[epoch](images[..., np.newaxis]).numpy()
      errors = np.abs(found - logits).max() / np.abs(logits).max()
      self.assertBetween(
        errors, 1e-6, 0.02
      )  # they are rounded, but not by much
      self.assertIn(
        f'epoch {epoch}, its kernels rounded to 8 bits', self.text('header')
      )

  def test_the_page_is_computed_with_the_kernels_of_the_epoch(self):
    self.open(self.path, 'i=3&s=map.conv1.5')
    trained = self.text('#inspector')
    images = self.example(self.run_, 3)
    self.show_epoch(0)
    found = self.js('[...cnn.network.view.tensors.conv3]')
    expected = self.run_.untrained().activations(images)['conv3']
    np.testing.assert_allclose(found, np.ravel(expected), atol=1e-4)
    self.assertNotEqual(self.text('#inspector'), trained)
    self.assertIn('untrained', self.text('header'))
    self.assertNotIn('test images', self.text('header'))

  def test_the_accuracies_are_those_of_the_run(self):
    self.open(self.path)
    for place, epoch in enumerate(self.run_.epochs, 1):
      self.show_epoch(place)
      text = self.text('.epoch-text')
      self.assertIn(f'epoch {epoch.epoch}', text)
      self.assertIn(f'training {100 * epoch.train_accuracy:.1f} %', text)
      self.assertIn(f'validation {100 * epoch.validation_accuracy:.1f} %', text)
    self.show_epoch(0)
    self.assertNotIn('training', self.text('.epoch-text'))
    self.assertIn('validation', self.text('.epoch-text'))

  def test_the_accuracy_of_kernels_that_have_learned_is_unknown(self):
    self.open(self.path, 'i=3&s=learn')
    self.click('[data-key=learn]')
    self.assertEqual(self.text('.epoch-text'), 'epoch 3, changed by you')
    self.show_epoch(1)  # these have not
    self.assertIn('validation', self.text('.epoch-text'))
    self.show_epoch(3)
    # By script: the button is drawn again when the answers are known.
    self.js('document.querySelector("[data-key=learn-forget]").click()')
    self.settle()
    self.assertIn('validation', self.text('.epoch-text'))

  def test_play_shows_every_epoch_and_ends_with_the_last(self):
    self.open(self.path)
    self.assertEqual(self.shown(), 'trained')
    self.driver.execute_script("""
      window.shown = [];
      window.watch = setInterval(() => {
        const {kernels} = cnn.state.state;
        if (shown.at(-1) !== kernels) shown.push(kernels);
      }, 20);""")
    self.click('[data-key=play-epochs]')
    self.assertEqual(self.text('[data-key=play-epochs]'), 'Pause')
    self.wait('shown.length === 5')
    self.assertEqual(self.js('shown.slice(1)'), _NAMES)
    self.assertEqual(self.text('[data-key=play-epochs]'), 'Play')
    self.js('clearInterval(watch)')

  def test_the_slider_ends_play(self):
    self.open(self.path)
    self.click('[data-key=play-epochs]')
    self.show_epoch(1)
    self.assertEqual(self.text('[data-key=play-epochs]'), 'Play')
    self.driver.execute_async_script('setTimeout(arguments[0], 1100)')
    self.assertEqual(self.shown(), '1')

  def test_with_less_motion_each_press_is_one_epoch(self):
    calm = [{'name': 'prefers-reduced-motion', 'value': 'reduce'}]
    self.driver.execute_cdp_cmd(_MEDIA, {'features': calm})
    self.addCleanup(self.driver.execute_cdp_cmd, _MEDIA, {'features': []})
    self.open(self.path)
    self.assertEqual(self.text('[data-key=play-epochs]'), 'Next')
    self.click('[data-key=play-epochs]')
    self.driver.execute_async_script('setTimeout(arguments[0], 1100)')
    self.assertEqual(self.shown(), 'initial')
    self.click('[data-key=play-epochs]')
    self.assertEqual(self.shown(), '1')

  def test_the_arrow_keys_move_it_and_it_keeps_the_focus(self):
    self.open(self.path)
    self.js('document.querySelector("[data-key=epoch]").focus()')
    for expected in ('2', '1'):
      self.driver.switch_to.active_element.send_keys('\ue012')  # left
      self.settle()
      self.assertEqual(self.shown(), expected)
    said = self.js('document.activeElement.ariaValueText')
    self.assertRegex(said, r'^epoch 1, training \S+ %, validation \S+ %$')

  def test_the_address_names_the_epoch(self):
    self.open(self.path, 'i=3&k=1')
    self.assertEqual(self.shown(), '1')
    self.assertEqual(self.js('cnn.state.stateToText()'), 'i=3&k=1')
    for unknown in ('3', 'toString', ''):
      self.open(self.path, f'i=3&k={unknown}')
      self.assertEqual(self.shown(), 'trained')

  def test_a_page_without_a_record_has_the_two_ends(self):
    found = contents.network(self.run_)
    for name in ('epochs', 'accuracies', 'ofClasses'):
      del found[name]
    del found['examples']['first']
    for between in ('1', '2'):
      del found['parameters'][between]
    old = self.path.with_name('old.html')
    old.write_text(document.write(found))
    self.open(old, '')
    self.assertEqual(self.text('.epoch-text'), 'epoch 3')
    self.show_epoch(0)
    self.assertEqual(self.kernels(), self.expected(self.run_.untrained()))
    self.select(dict(view='map', layer='conv1', map=1))
    self.assertEqual(self.text('#inspector h2'), 'conv1 map 1')


if __name__ == '__main__':
  browsers.absltest.main()
