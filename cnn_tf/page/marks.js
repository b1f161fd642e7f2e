// What is selected, by name and by frames on the maps and the image.

// "conv3 map 12, node (1, 2)"
function nodeName({layer, y, x, map}, withLayer = true) {
  const {units} = layerNamed(layer);
  const name = mapName(layer, map, withLayer);
  return units ? name : `${name}, node (${y}, ${x})`;
}

function mapName(layer, map, withLayer = true) {
  if (layer === 'image') return 'image';
  const described = layerNamed(layer);
  const isLogits = described === contents.logits;
  const name = isLogits ? contents.classes[map]
    : `${described.units ? 'unit' : 'map'} ${map}`;
  return withLayer ? `${isLogits ? 'logit' : layer} ${name}` : name;
}

// The node of an item, or of a map: the one with the largest value.
function nodeOf({layer, map, y, x}) {
  if (y !== undefined) return {layer, y, x, map};
  const {last, outputs: [height, width, maps]} = layerNamed(layer);
  const values = range(height * width).map(
    place => view.tensors[last.name][place * maps + map]);
  const place = values.indexOf(Math.max(...values));
  return {layer, y: Math.floor(place / width), x: place % width, map};
}

// The node of the selection, or null: {layer, y, x, map}.
function selectedNode() {
  const item = selection();
  return item && item.y !== undefined ? item : null;
}

// Frames: the selected map, the node, and its window on every layer below.
function drawMarks() {
  const item = selection();
  if (!item || !item.layer) return;
  const layer = layerNamed(item.layer);
  frameTile(layer, item.map, variable('--mark'), 2);
  const node = selectedNode();
  if (!node) return;
  if (!layer.units) {
    frameNodes(layer, item.map, [node.y, node.y + 1], [node.x, node.x + 1],
               '--mark');
  }
  let reached = {rows: new Set([node.y]), columns: new Set([node.x])};
  const index = contents.layers.indexOf(layer);
  for (let i = index; i > 0; i--) {
    const {first, input: lower} = contents.layers[i];
    reached = fieldOf([first], 0, reached);
    if (lower.units) continue;
    const maps = i === index && first.op.endsWith('pool2d') ? [item.map]
      : i === index ? range(lower.outputs[2]) : [];
    const isWhole = reached.rows.size === lower.outputs[0]
      && reached.columns.size === lower.outputs[1];
    for (const map of isWhole ? [] : maps) {
      frameNodes(lower, map, ends(reached.rows), ends(reached.columns),
                 '--window');
    }
  }
}

function ends(indices) {
  return [Math.min(...indices), Math.max(...indices) + 1];
}

function frameTile(layer, map, colour, thickness) {
  const row = rows[layer.name], {left, top} = tileOf(layer, map);
  const [tall, wide] = row.tile, context = row.canvas.getContext('2d');
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  context.strokeRect(left + 1, top + 1, wide - 2, tall - 2);
}

function frameNodes(layer, map, [top, bottom], [left, right], colour) {
  const row = rows[layer.name], tile = tileOf(layer, map), {cell} = row.plan;
  const context = row.canvas.getContext('2d');
  context.strokeStyle = variable(colour);
  context.lineWidth = 1;
  context.strokeRect(tile.left + left * cell + 0.5, tile.top + top * cell + 0.5,
                     (right - left) * cell - 1, (bottom - top) * cell - 1);
}

function drawImageRow() {
  const {canvas, note, scale} = rows.image;
  const [height, width] = contents.image.outputs;
  const context = canvas.getContext('2d');
  const sheet = sheetOf(view.image, contents.image.outputs, PIXELS);
  context.drawImage(sheet, 0, 0, width * scale, height * scale);
  hatch(context, scale);
  const node = selectedNode();
  if (node) frameField(context, fieldOfNode(node), scale);
  note.replaceChildren(...noteOn(node));
}

function noteOn(node) {
  const [height, width] = contents.image.outputs;
  const size = element('strong', {}, 'image');
  if (!node) {
    const hatched = contents.unseen.filter(Boolean).length;
    return [size, ` What the network sees: ${height}x${width} pixels. `,
            hatched ? `The ${hatched} hatched ones cannot change the answer. `
              : '',
            'Click a map or a unit to look into it.'];
  }
  const {rows: down, columns: across} = fieldOfNode(node);
  return [size, ` The frame is the receptive field of ${nodeName(node)}: ${
    down.size}x${across.size} pixels. No other pixel can change it.`];
}

function fieldOfNode({layer, y, x}) {
  return fieldOf(contents.program, layerNamed(layer).lastIndex,
                 {rows: new Set([y]), columns: new Set([x])});
}

function frameField(context, field, scale) {
  const [top, bottom] = ends(field.rows), [left, right] = ends(field.columns);
  context.strokeStyle = variable('--mark');
  context.lineWidth = 2;
  context.strokeRect(left * scale + 1, top * scale + 1,
                     (right - left) * scale - 2, (bottom - top) * scale - 2);
}
