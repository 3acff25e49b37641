// Heat maps: a code of a byte a point, coloured by the theme; 255 is no number.

const NOTHING = 255, TOP = 254;
const PAIR_STATES = [
  ["background", "not defined"], ["correct", "right"], ["wrong", "wrong"], ["unsure", "unsure"],
  ["correct-trained", "right, trained on"], ["wrong-trained", "wrong, trained on"], ["unsure-trained", "unsure, trained on"],
];
const stateOf = (code) => PAIR_STATES[Math.round((code / TOP) * (PAIR_STATES.length - 1))];

/** The 256 colours of a scale. */
function ramp(scale) {
  const found = [];
  const back = rgb("surface"), low = rgb("train"), high = rgb("test"), text = rgb("text"), key = rgb("key");
  for (let code = 0; code <= TOP; code++) {
    const share = code / TOP;
    if (scale === "signed") found.push(share < 0.5 ? mixed(back, low, 1 - 2 * share) : mixed(back, high, 2 * share - 1));
    else if (scale === "states") found.push(rgb(stateOf(code)[0]));
    else if (scale === "cyclic") found.push(wheel(share));
    else found.push(share < 0.7 ? mixed(back, key, share / 0.7) : mixed(key, text, (share - 0.7) / 0.6));
  }
  return [...found, rgb("background")];
}

/** A colour of the circle, of about the same lightness everywhere. */
function wheel(share) {
  const turn = 2 * Math.PI * share;
  return [0, 2.094, 4.189].map((shift) => Math.round(138 + 66 * Math.cos(turn - shift)));
}

class Heat {
  constructor(box, spec) {
    Object.assign(this, { box, spec });
    this.canvas = make("canvas", "pixels");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `${spec.title}: ${spec.down} down, ${spec.across} across`);
    this.scale = make("canvas", "ramp");
    this.told = make("p", "told");
    const words = (value) => make("span", "", short(value));
    const ends = make("div", "ends", words(spec.low), this.scale, words(spec.high));
    if (spec.unit) ends.append(make("span", "unit", spec.unit));
    const ratio = spec.columns / spec.rows;
    this.canvas.style.aspectRatio = spec.aspect || spec.square ? spec.aspect || ratio : Math.min(Math.max(ratio, 0.7), 4);
    this.box.append(make("h4", "", spec.title), this.canvas, this.told);
    if (spec.scale !== "states") this.box.append(ends);
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerdown", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.hover(null));
    this.hover(null);
    drawn.push(this);
  }

  async load() {
    const all = await arrayOf(this.spec.array), size = this.spec.rows * this.spec.columns;
    this.codes = all.subarray(this.spec.at * size, (this.spec.at + 1) * size);
    this.draw();
    this.box.dataset.ready = "1";
  }

  draw() {
    if (!this.codes) return;
    const { rows, columns, scale } = this.spec;
    paint(this.canvas, columns, rows, this.codes, ramp(scale));
    paint(this.scale, TOP + 1, 1, Uint8Array.from({ length: TOP + 1 }, (_, at) => at), ramp(scale));
  }

  hover(event) {
    const { rows, columns, scale, down, across, low, high, log, row_names: rowNames, column_names: columnNames } = this.spec;
    this.told.classList.toggle("shown", Boolean(event));
    if (!event || !this.codes) {
      this.told.textContent = `${down} ↓ ${across} →`;
      return;
    }
    const box = this.canvas.getBoundingClientRect();
    const place = (at, size, count) => Math.min(Math.max(Math.floor((at / size) * count), 0), count - 1);
    const column = place(event.clientX - box.left, box.width, columns), row = place(event.clientY - box.top, box.height, rows);
    const code = this.codes[row * columns + column], share = code / TOP;
    const value = log ? low * (high / low) ** share : low + share * (high - low);
    const name = (names, at) => (Array.isArray(names) ? names[at] : names.first + at * names.stride);
    const told = scale === "states" ? stateOf(code)[1] : code === NOTHING ? "no number" : `≈ ${short(Number(value.toPrecision(3)))}`;
    this.told.textContent = `${down} ${name(rowNames, row)}, ${across} ${name(columnNames, column)}: ${told}`;
  }
}

/** Codes as an image of one pixel a point. */
function paint(canvas, columns, rows, codes, colors) {
  [canvas.width, canvas.height] = [columns, rows];
  const pen = canvas.getContext("2d"), image = pen.createImageData(columns, rows);
  for (let at = 0; at < codes.length; at++) {
    const [red, green, blue] = colors[codes[at]];
    image.data.set([red, green, blue, 255], 4 * at);
  }
  pen.putImageData(image, 0, 0);
}
