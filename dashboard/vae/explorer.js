// The explorer in the reader's browser: the study's own decoder follows a slider while it moves.
//
// Streamlit calls the default function for each of the page's two elements: with the decoder's
// weights, once a report, and with the ends of the way, whenever the page ran. It loads one text
// as one module, so that both share what is at its top.

const SECONDS_PER_WAY = 3; // of Play
const REST_MS = 250; // without a change, before the server hears of it: keys repeat fast

let decoder = { report: null, decode: null };
const explorers = new Map(); // by the element that each is in

export default function ({ data, parentElement, setStateValue }) {
  if (data instanceof Uint8Array) {
    takeWeights(data);
    return undefined;
  }
  if (!explorers.has(parentElement)) explorers.set(parentElement, new Explorer(parentElement));
  const explorer = explorers.get(parentElement);
  explorer.update(data, setStateValue);
  return () => {
    explorer.end();
    explorers.delete(parentElement);
  };
}

// --- the decoder: latent (D) to a picture (side * side) in [0, 1] --------------------------------

// A line of JSON, then the numbers in half precision.
function takeWeights(bytes) {
  const end = bytes.indexOf(10);
  const { report, sizes } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  if (decoder.report === report) return; // a page that runs again hands them over again
  const values = fromHalf(new Uint16Array(bytes.slice(end + 1).buffer));
  let start = 0;
  const arrays = sizes.map((size) => values.subarray(start, (start += size)));
  decoder = { report, decode: makeDecoder(arrays) };
  explorers.forEach((explorer) => explorer.draw());
}

function fromHalf(halves) {
  const bits = Uint32Array.from(
    halves,
    (half) => ((half & 0x8000) << 16) | ((half & 0x7fff) << 13),
  );
  // Now the exponents are those of half precision, whose bias is less by 112.
  return new Float32Array(bits.buffer).map((value) => value * 2 ** 112);
}

// arrays: weight and bias of two layers, an MLP's, or of the convolutional decoder's four.
function makeDecoder(arrays) {
  const layers = [];
  for (let n = 0; n < arrays.length; n += 2) layers.push({ weight: arrays[n], bias: arrays[n + 1] });
  const [hidden, second, middle, last] = layers;
  if (!middle) return (latent) => sigmoid(dense(relu(dense(latent, hidden)), second));
  return (latent) => {
    const map = relu(dense(relu(dense(latent, hidden)), second));
    return sigmoid(doubled(relu(doubled(map, middle)), last));
  };
}

function dense(units, { weight, bias }) {
  const sums = Float32Array.from(bias);
  units.forEach((unit, n) => {
    if (unit) addScaled(sums, unit, weight, n * sums.length);
  });
  return sums;
}

function addScaled(sums, factor, weight, start) {
  for (let n = 0; n < sums.length; n++) sums[n] += factor * weight[start + n];
}

// Transposed convolution of stride 2 and padding 1: (C, R, R) by (C, O, 4, 4) to (O, 2R, 2R).
// Each place adds a patch of 4 by 4 around its two by two pixels.
function doubled(units, { weight, bias }) {
  const outputs = bias.length;
  const patch = new Float32Array(outputs * 16);
  const channels = weight.length / patch.length;
  const places = units.length / channels;
  const small = Math.round(Math.sqrt(places));
  const side = 2 * small;
  const picture = new Float32Array(outputs * side * side);
  for (let n = 0; n < picture.length; n++) picture[n] = bias[Math.floor(n / (side * side))];
  for (let place = 0; place < places; place++) {
    patch.fill(0);
    for (let channel = 0; channel < channels; channel++) {
      const unit = units[channel * places + place];
      if (unit) addScaled(patch, unit, weight, channel * patch.length);
    }
    const top = 2 * Math.floor(place / small) - 1;
    const left = 2 * (place % small) - 1;
    for (let n = 0; n < patch.length; n++) {
      const row = top + ((n >> 2) & 3);
      const column = left + (n & 3);
      if (row < 0 || column < 0 || row >= side || column >= side) continue;
      picture[((n >> 4) * side + row) * side + column] += patch[n];
    }
  }
  return picture;
}

const relu = (units) => units.map((unit) => Math.max(unit, 0));
const sigmoid = (logits) => logits.map((logit) => 0.5 + 0.5 * Math.tanh(logit / 2));

// --- what the reader sees and moves --------------------------------------------------------------

class Explorer {
  constructor(root) {
    this.find = (selector) => root.querySelector(selector);
    this.canvas = this.find("canvas");
    this.inputs = new Map(); // slider's key -> its <input>
    this.costs = []; // of the last pictures, in ms
    this.play = this.find(".play");
    this.play.onclick = () => (this.moving ? this.pause() : this.start());
    this.find(".reset").onclick = () => {
      this.pause();
      this.inputs.forEach((input) => (input.value = 0));
      this.draw();
      this.tell();
    };
  }

  // The page ran. Sliders stay where they are, for the reader may be moving one.
  update(data, setStateValue) {
    this.data = data;
    this.setStateValue = setStateValue;
    const keys = data.sliders.map((slider) => slider.key);
    if (String(keys) !== String([...this.inputs.keys()])) this.makeSliders();
    for (const end of ["start", "end"]) {
      Object.assign(this.find(`img.${end}`), { src: data[end].picture, alt: data[end].title });
    }
    this.draw();
  }

  makeSliders() {
    this.inputs.clear();
    for (const place of [".along", ".latents"]) this.find(place).replaceChildren();
    for (const slider of this.data.sliders) {
      const label = Object.assign(document.createElement("label"), {
        htmlFor: slider.key,
        textContent: slider.label,
      });
      const output = Object.assign(document.createElement("output"), { htmlFor: slider.key });
      const input = Object.assign(document.createElement("input"), {
        type: "range",
        id: slider.key,
        min: slider.low,
        max: slider.high,
        step: slider.step,
        value: this.data.values[slider.key],
      });
      input.oninput = () => {
        this.pause();
        this.drawSoon();
      };
      input.onchange = () => this.tell();
      const row = document.createElement("div");
      row.className = "slider";
      row.append(label, output, input);
      this.find(slider.latent === null ? ".along" : ".latents").append(row);
      this.inputs.set(slider.key, input);
    }
  }

  // However many events a frame brings, it shows one picture.
  drawSoon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    const { report, sliders, start, end } = this.data;
    let share = 0;
    const moves = new Float32Array(start.latent.length);
    for (const { key, latent } of sliders) {
      const value = Number(this.inputs.get(key).value);
      if (latent === null) share = value;
      else moves[latent] = value;
      const words = latent === null ? `${Math.round(100 * value)}%` : signed(value);
      this.inputs.get(key).previousSibling.textContent = words;
    }
    if (decoder.report !== report) return; // its weights are on their way
    const latent = moves.map(
      (move, n) => start.latent[n] + share * (end.latent[n] - start.latent[n]) + move,
    );
    const begin = performance.now();
    const picture = decoder.decode(latent);
    const cost = performance.now() - begin;
    this.paint(picture);
    this.costs = [...this.costs, cost].slice(-15);
    const usual = [...this.costs].sort((one, other) => one - other)[this.costs.length >> 1];
    const words = this.costs.length < 5 ? "" : `, in ${usual.toFixed(1)} ms`; // the first are slow
    this.find("p").textContent = `Decoded in your browser${words}.`;
  }

  paint(picture) {
    const side = Math.round(Math.sqrt(picture.length));
    const image = new ImageData(side, side);
    image.data.fill(255); // opaque
    picture.forEach((grey, n) => image.data.fill(Math.round(255 * grey), 4 * n, 4 * n + 3));
    Object.assign(this.canvas, { width: side, height: side });
    this.canvas.getContext("2d").putImageData(image, 0, 0);
  }

  // From where the slider stands to the end, and back to the start.
  start() {
    const way = this.inputs.get(this.data.sliders.find(({ latent }) => latent === null).key);
    const from = Number(way.value);
    let begin;
    this.moving = true;
    this.play.textContent = "Pause";
    const step = (now) => {
      begin ??= now;
      const ways = from + (now - begin) / 1000 / SECONDS_PER_WAY; // 1 there, 2 back
      way.value = Math.max(0, 1 - Math.abs(1 - ways));
      this.draw();
      if (ways < 2) this.frame = requestAnimationFrame(step);
      else this.pause();
    };
    this.frame = requestAnimationFrame(step);
  }

  pause() {
    if (!this.moving) return;
    cancelAnimationFrame(this.frame);
    this.moving = false;
    this.play.textContent = "Play";
    this.tell();
  }

  // Tell the server where the sliders rest, for the link to this view.
  tell() {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      const values = [...this.inputs].map(([key, input]) => [key, Number(input.value)]);
      this.setStateValue("values", Object.fromEntries(values));
    }, REST_MS);
  }

  end() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
  }
}

const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "") + Math.abs(value).toFixed(2);
