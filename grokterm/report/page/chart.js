// Curves and bars on a canvas: the values under the pointer, and zoom by dragging, by two fingers or by buttons.

const LEFT = 54, RIGHT = 14, BOTTOM = 28;
const linked = new Map();

class Chart {
  constructor(box, spec) {
    Object.assign(this, { box, spec, at: null, drag: null, fingers: new Map(), span: null });
    this.logX = Boolean(spec.log_x);
    this.logY = Boolean(spec.log_y);
    this.lines = [];
    if (spec.link) linked.set(spec.link, [...(linked.get(spec.link) || []), this]);
    this.build();
    drawn.push(this);
  }

  async load() {
    const lines = this.spec.lines || [];
    for (const line of lines) {
      const [x, y] = await Promise.all([arrayOf(line.x), arrayOf(line.y)]);
      const [low, high] = line.low ? await Promise.all([arrayOf(line.low), arrayOf(line.high)]) : [null, null];
      this.lines.push({ ...line, x, y, low, high });
    }
    if (this.spec.bars && this.spec.bars.y) this.setBars(await arrayOf(this.spec.bars.y), this.spec.bars.keys);
    this.draw();
    this.box.dataset.ready = "1";
  }

  build() {
    this.where = make("span", "where");
    this.legend = make("div", "legend");
    this.texts = (this.spec.lines || []).map((line) => {
      const value = make("b");
      this.legend.append(make("span", `key c-${line.color}`, make("i"), `${line.name} `, value));
      return value;
    });
    const tools = make("div", "tools", this.where);
    if (!this.spec.bars) {
      if (this.spec.steps) tools.append(this.toggle("log x", "logX", "Logarithmic axis of steps"));
      if (!this.spec.percent) tools.append(this.toggle("log y", "logY", "Logarithmic axis of values"));
      tools.append(button("−", "Zoom out", () => this.zoom(2)), button("+", "Zoom in", () => this.zoom(0.5)));
      tools.append(button("all", "Show everything", () => this.show(null)));
    }
    this.canvas = make("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", this.spec.title || "chart");
    this.box.append(make("div", "head", this.legend, tools), this.canvas);
    const listen = (name, act) => this.canvas.addEventListener(name, act);
    listen("pointerdown", (event) => this.press(event));
    listen("pointermove", (event) => this.move(event));
    listen("pointerup", (event) => this.release(event));
    listen("pointercancel", (event) => this.release(event));
    listen("pointerleave", () => this.hover(null));
    listen("dblclick", () => this.show(null));
  }

  toggle(words, name, label) {
    const made = button(words, label, () => {
      this[name] = !this[name];
      made.setAttribute("aria-pressed", String(this[name]));
      this.draw();
    });
    made.setAttribute("aria-pressed", String(this[name]));
    return made;
  }

  setBars(values, keys) {
    this.bars = values;
    this.keys = new Set(keys);
    this.draw();
  }

  /** All x of the curves: the first above 0 and the last; of bars, their edges. */
  whole() {
    if (this.bars) return [0.5, this.bars.length + 0.5];
    let low = Infinity, high = -Infinity;
    for (const { x } of this.lines) {
      for (const value of x) {
        if (Number.isFinite(value) && (!this.logX || value > 0)) [low, high] = [Math.min(low, value), Math.max(high, value)];
      }
    }
    return low <= high ? [low, high] : [0, 1];
  }

  heights(from, to) {
    if (this.spec.percent) return [0, 1];
    let low = Infinity, high = -Infinity;
    const take = (value) => {
      if (Number.isFinite(value) && (!this.logY || value > 0)) [low, high] = [Math.min(low, value), Math.max(high, value)];
    };
    for (const line of this.lines) {
      for (const values of [line.y, line.low, line.high].filter(Boolean)) {
        for (let at = 0; at < line.x.length; at++) {
          if (line.x[at] >= from && line.x[at] <= to) take(values[at]);
        }
        [from, to].forEach((edge) => take(between(line.x, values, edge)));
      }
    }
    if (this.bars) this.bars.forEach(take);
    for (const level of this.spec.levels || []) take(level.y);
    if (this.spec.top) take(this.spec.top);
    if (!(low <= high)) return [0, 1];
    if (this.bars) return [Math.min(0, low), high * 1.04];
    if (this.logY) return [low / 1.15, high * 1.15];
    if (low >= 0 && low < high / 2) low = 0;
    const pad = (high - low || Math.abs(high) || 1) * 0.05;
    return [low === 0 ? 0 : low - pad, high + pad];
  }

  draw() {
    const width = this.box.clientWidth, height = this.spec.height || 220;
    if (!width || (!this.lines.length && !this.bars)) return;
    const pen = sharp(this.canvas, width, height);
    const [from, to] = this.span || this.whole();
    this.x = new Scale(from, to, this.logX);
    this.y = new Scale(...this.heights(from, to), this.logY);
    const top = (this.spec.marks || []).length ? 22 : 8;
    this.plot = { left: LEFT, top, width: width - LEFT - RIGHT, height: height - top - BOTTOM };
    [this.box.dataset.from, this.box.dataset.to] = [from, to];
    this.drawBands(pen);
    this.drawGrid(pen);
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, top - 1, this.plot.width, this.plot.height + 2);
    pen.clip();
    for (const line of [...this.lines].reverse()) drawLine(pen, this, line);
    if (this.bars) this.drawBars(pen);
    pen.restore();
    this.drawMarks(pen);
    this.drawPointer(pen);
    this.tell();
  }

  across(value) { return this.plot.left + this.x.place(value) * this.plot.width; }
  up(value) { return this.plot.top + (1 - this.y.place(value)) * this.plot.height; }

  drawBands(pen) {
    for (const band of this.spec.bands || []) {
      const left = Math.max(this.across(band.from) || LEFT, LEFT);
      const right = Math.min(this.across(band.to), LEFT + this.plot.width);
      if (!(right > left)) continue;
      pen.globalAlpha = 0.1;
      pen.fillStyle = color(band.color);
      pen.fillRect(left, this.plot.top, right - left, this.plot.height);
      pen.globalAlpha = 1;
    }
  }

  drawGrid(pen) {
    const { left, top, width, height } = this.plot;
    pen.font = "11px system-ui, sans-serif";
    pen.lineWidth = 1;
    pen.strokeStyle = color("border");
    pen.fillStyle = color("muted");
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const value of this.y.ticks(Math.max(2, height / 44))) {
      const y = Math.round(this.up(value)) + 0.5;
      if (y < top - 1 || y > top + height + 1) continue;
      pen.globalAlpha = 0.45;
      pen.beginPath();
      pen.moveTo(left, y);
      pen.lineTo(left + width, y);
      pen.stroke();
      pen.globalAlpha = 1;
      pen.fillText(tickWords(value, this.spec.percent), left - 8, y);
    }
    pen.textBaseline = "top";
    pen.textAlign = "center";
    let last = -Infinity;
    for (const value of this.xTicks(width)) {
      const x = this.across(value), words = this.xWords(value), half = pen.measureText(words).width / 2;
      if (x - half < last || x + half > left + width + RIGHT) continue;
      last = x + half + 10;
      pen.fillText(words, x, top + height + 8);
    }
  }

  xTicks(width) {
    if (this.spec.names) return this.spec.names.map((_, at) => at + 1);
    const found = this.x.ticks(Math.max(2, width / 80));
    return this.bars ? found.filter((value) => Number.isInteger(value) && value >= 1) : found;
  }

  xWords(value) { return this.spec.names ? this.spec.names[value - 1] : tickWords(value); }

  drawBars(pen) {
    const wide = this.plot.width / this.bars.length, gap = wide > 5 ? Math.max(1, wide * 0.18) : 0;
    this.bars.forEach((value, at) => {
      if (!Number.isFinite(value)) return;
      pen.fillStyle = color(this.keys.has(at + 1) ? "key" : "bar");
      const y = this.up(value);
      pen.fillRect(LEFT + at * wide + gap / 2, y, wide - gap, this.up(0) - y);
    });
    for (const level of this.spec.levels || []) {
      pen.strokeStyle = color(level.color);
      pen.setLineDash([5, 4]);
      pen.beginPath();
      pen.moveTo(LEFT, this.up(level.y));
      pen.lineTo(LEFT + this.plot.width, this.up(level.y));
      pen.stroke();
      pen.setLineDash([]);
    }
  }

  drawMarks(pen) {
    const { left, top, width, height } = this.plot;
    let last = -Infinity;
    pen.textBaseline = "alphabetic";
    pen.textAlign = "left";
    for (const mark of this.spec.marks || []) {
      const x = this.across(mark.x);
      if (!(x >= left && x <= left + width)) continue;
      pen.strokeStyle = pen.fillStyle = color(mark.color);
      pen.globalAlpha = 0.75;
      pen.beginPath();
      pen.moveTo(x, top - 4);
      pen.lineTo(x, top + height);
      pen.stroke();
      pen.globalAlpha = 1;
      const wide = pen.measureText(mark.words).width;
      const start = Math.min(x + 3, left + width + RIGHT - wide);
      if (start < last) continue;
      last = start + wide + 8;
      pen.fillText(mark.words, start, top - 8);
    }
  }
}
