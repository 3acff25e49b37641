// What charts do where they are pointed at.

/** A curve; where points are many, the lowest and highest of every pixel. */
function drawLine(pen, chart, line) {
  const { x, y, low, high } = line;
  pen.strokeStyle = pen.fillStyle = color(line.color);
  if (low) {
    pen.globalAlpha = 0.18;
    pen.beginPath();
    const there = [...x.keys()].filter((at) => Number.isFinite(low[at]) && Number.isFinite(high[at]));
    there.forEach((at, n) => pen[n ? "lineTo" : "moveTo"](chart.across(x[at]), chart.up(low[at])));
    there.reverse().forEach((at) => pen.lineTo(chart.across(x[at]), chart.up(high[at])));
    pen.fill();
    pen.globalAlpha = 1;
  }
  pen.lineWidth = line.faint ? 1 : 1.8;
  pen.lineJoin = "round";
  if (line.faint) pen.globalAlpha = 0.55;
  if (line.dashed) pen.setLineDash([5, 4]);
  pen.beginPath();
  let open = false, column = null, bounds = null;
  const single = [];
  const flush = () => {
    if (!bounds) return;
    pen.lineTo(column, bounds[0]);
    pen.lineTo(column, bounds[1]);
    bounds = null;
  };
  const many = x.length > 4 * chart.plot.width;
  for (let at = 0; at < x.length; at++) {
    const px = chart.across(x[at]), py = chart.up(y[at]);
    if (!Number.isFinite(px) || !Number.isFinite(py)) {
      flush();
      open = false;
      continue;
    }
    if (!open) {
      flush();
      pen.moveTo(px, py);
      if (!Number.isFinite(y[at + 1])) single.push([px, py]);
    } else if (many && Math.round(px) === column) {
      bounds = bounds ? [Math.min(bounds[0], py), Math.max(bounds[1], py)] : [py, py];
      continue;
    } else {
      flush();
      pen.lineTo(px, py);
    }
    open = true;
    column = Math.round(px);
  }
  flush();
  pen.stroke();
  for (const [px, py] of line.points ? points(chart, line) : single) dot(pen, px, py, 2.5);
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

function points(chart, { x, y }) {
  return [...x].map((value, at) => [chart.across(value), chart.up(y[at])]).filter((place) => place.every(Number.isFinite));
}

function dot(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

Object.assign(Chart.prototype, {
  drawPointer(pen) {
    const { left, top, width, height } = this.plot;
    if (this.drag && this.drag.length === 2) {
      const [from, to] = [...this.drag].sort((a, b) => a - b);
      pen.fillStyle = color("accent");
      pen.globalAlpha = 0.15;
      pen.fillRect(from, top, to - from, height);
      pen.globalAlpha = 1;
    }
    if (this.at === null) return;
    const x = this.across(this.at);
    if (x < left - 1 || x > left + width + 1) return;
    pen.strokeStyle = color("muted");
    pen.beginPath();
    pen.moveTo(x, top);
    pen.lineTo(x, top + height);
    pen.stroke();
    for (const line of this.lines) {
      const at = nearest(line.x, this.at), own = this.across(line.x[at]), y = this.up(line.y[at]);
      pen.fillStyle = color(line.color);
      if (y >= top && y <= top + height && own >= left && own <= left + width) dot(pen, own, y, 3.5);
    }
  },

  /** The values under the pointer, else the last ones. */
  tell() {
    this.lines.forEach((line, n) => {
      let at = line.y.length - 1;
      if (this.at !== null && line.x.length) at = nearest(line.x, this.at);
      else while (at > 0 && !Number.isFinite(line.y[at])) at--;
      this.texts[n].textContent = line.y.length ? short(line.y[at], this.spec.percent) : "–";
    });
    const { unit } = this.spec;
    if (this.at === null) this.where.textContent = this.spec.said || "";
    else if (this.bars) this.where.textContent = `${unit} ${this.xWords(this.at)}: ${short(this.bars[this.at - 1])}`;
    else this.where.textContent = `${unit} ${short(this.at)}`;
    this.box.dataset.at = this.at === null ? "" : this.at;
  },

  hover(event) {
    this.at = event ? this.valueAt(event) : null;
    this.draw();
  },

  valueAt(event) {
    const value = this.x.value(this.placeOf(event));
    if (this.bars) return Math.min(Math.max(Math.round(value), 1), this.bars.length);
    const line = this.lines.reduce((best, one) => (one.x.length > best.x.length ? one : best), this.lines[0]);
    return line.x.length ? line.x[nearest(line.x, value)] : null;
  },

  placeOf(event) {
    const inside = event.clientX - this.canvas.getBoundingClientRect().left - this.plot.left;
    return Math.min(Math.max(inside / this.plot.width, 0), 1);
  },

  press(event) {
    if (!this.plot) return;
    this.fingers.set(event.pointerId, this.placeOf(event));
    if (this.bars) return this.hover(event);
    if (this.fingers.size === 1 && event.pointerType === "mouse") this.drag = [this.plot.left + this.placeOf(event) * this.plot.width];
    if (this.fingers.size === 2) {
      this.drag = null;
      this.pinched = { places: [...this.fingers.values()].sort((a, b) => a - b), x: this.x };
    }
    this.hover(event);
  },

  move(event) {
    if (!this.plot) return;
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, this.placeOf(event));
    if (this.fingers.size === 2 && this.pinched) return this.pinch();
    if (this.drag) this.drag = [this.drag[0], this.plot.left + this.placeOf(event) * this.plot.width];
    this.hover(event);
  },

  release(event) {
    this.fingers.delete(event.pointerId);
    const drag = this.drag;
    this.drag = null;
    if (this.fingers.size < 2) this.pinched = null;
    if (!drag || drag.length < 2 || Math.abs(drag[1] - drag[0]) < 6) return this.plot && this.draw();
    const ends = drag.map((place) => this.x.value((place - this.plot.left) / this.plot.width)).sort((a, b) => a - b);
    this.show(ends);
  },

  /** Two fingers keep the values that they were put on. */
  pinch() {
    const { places, x } = this.pinched;
    const now = [...this.fingers.values()].sort((a, b) => a - b);
    const [first, second] = places.map((place) => x.low + place * (x.high - x.low));
    const slope = (second - first) / Math.max(now[1] - now[0], 0.05);
    const ends = [first - now[0] * slope, first + (1 - now[0]) * slope];
    this.show(x.log ? ends.map((end) => 10 ** end) : ends);
  },

  zoom(by) {
    if (!this.x) return;
    const { low, high, log } = this.x, middle = this.at === null ? (low + high) / 2 : log ? Math.log10(this.at) : this.at;
    const ends = [middle - (middle - low) * by, middle + (high - middle) * by];
    this.show(log ? ends.map((end) => 10 ** end) : ends);
  },

  /** Shows a part of the axis, in all charts over the same steps; null is everything. */
  show(span) {
    const [low, high] = this.whole();
    if (span) span = [Math.max(span[0], low), Math.min(span[1], high)];
    if (span && (!(span[1] > span[0]) || (span[0] <= low && span[1] >= high))) span = null;
    for (const chart of this.spec.link ? linked.get(this.spec.link) : [this]) {
      chart.span = span;
      chart.draw();
    }
  },
});
