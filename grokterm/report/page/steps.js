// The slider over the kept steps: the table of all pairs, right and wrong, and the Fourier bars.

const STATES = ["wrong", "correct", "wrong-trained", "correct-trained"];

class Steps {
  constructor(box, spec) {
    Object.assign(this, { box, spec, now: spec.steps.length - 1 });
    const find = (name) => box.querySelector(`[data-part=${name}]`);
    this.slider = find("slider");
    this.step = find("step");
    this.counts = find("counts");
    this.canvas = find("grid");
    this.told = find("told");
    this.bars = find("bars") && new Chart(find("bars"), { bars: {}, unit: spec.component, names: spec.names, height: 260, levels: [], top: spec.top, title: "Fourier norms" });
    this.slider.addEventListener("input", () => this.show(Number(this.slider.value)));
    find("back").addEventListener("click", () => this.show(this.now - 1));
    find("on").addEventListener("click", () => this.show(this.now + 1));
    window.addEventListener("hashchange", () => this.follow());
    if (this.canvas) {
      this.canvas.addEventListener("pointermove", (event) => this.hover(event));
      this.canvas.addEventListener("pointerdown", (event) => this.hover(event));
      this.canvas.addEventListener("pointerleave", () => this.hover(null));
    }
    drawn.push(this);
  }

  async load() {
    const names = ["right", "trained", "labels", "norms"];
    const found = await Promise.all(names.map((name) => (this.spec[name] ? arrayOf(this.spec[name]) : null)));
    names.forEach((name, at) => { this[name] = found[at]; });
    this.follow();
    this.show(this.now);
    if (this.told) this.hover(null);
    this.box.dataset.ready = "1";
  }

  /** The step that the address asks for, as #step=500. */
  follow() {
    const asked = /^#step=(\d+)$/.exec(location.hash);
    if (!asked) return;
    this.show(nearest(this.spec.steps.map((one) => one.step), Number(asked[1])));
  }

  show(at) {
    this.now = Math.min(Math.max(at, 0), this.spec.steps.length - 1);
    const one = this.spec.steps[this.now];
    this.slider.value = this.now;
    this.slider.setAttribute("aria-valuetext", `step ${one.step}`);
    this.step.textContent = `step ${one.step.toLocaleString("en")}`;
    this.counts.textContent = one.words;
    Object.assign(this.box.dataset, { step: one.step, right: one.right });
    this.draw();
    if (this.bars && this.norms) {
      this.bars.spec.levels = one.threshold === null ? [] : [{ y: one.threshold, color: "key" }];
      this.bars.spec.said = one.said;
      this.bars.setBars(this.norms.subarray(one.norms, one.norms + one.components), one.keys);
    }
  }

  state(at) {
    const one = this.spec.steps[this.now];
    if (this.labels[one.labels + at] === this.spec.undefined) return -1;
    return 2 * bit(this.trained, one.trained + at) + bit(this.right, one.bits + at);
  }

  draw() {
    if (!this.canvas || !this.right) return;
    const { p } = this.spec.steps[this.now], codes = new Uint8Array(p * p);
    for (let a = 0; a < p; a++) for (let b = 0; b < p; b++) codes[b * p + a] = this.state(a * p + b) + 1;
    paint(this.canvas, p, p, codes, [rgb("background"), ...STATES.map(rgb)]);
    this.box.dataset.drawn = this.sum(codes);
  }

  /** What the picture adds up to: it differs where the picture does. */
  sum(codes) {
    let found = 0;
    for (const code of codes) found = (Math.imul(found, 31) + code) >>> 0;
    return found.toString(16);
  }

  hover(event) {
    if (!event || !this.right) {
      this.told.textContent = this.spec.axes;
      return;
    }
    const { p, labels } = this.spec.steps[this.now], box = this.canvas.getBoundingClientRect();
    const place = (at, size) => Math.min(Math.max(Math.floor((at / size) * p), 0), p - 1);
    const a = place(event.clientX - box.left, box.width), b = place(event.clientY - box.top, box.height);
    const state = this.state(a * p + b), answer = this.labels[labels + a * p + b];
    const words = ["wrong, not trained on", "right, not trained on", "wrong, trained on", "right, trained on"][state];
    this.told.textContent = `a ${a}, b ${b}: ${state < 0 ? "not defined" : `the answer ${answer}, ${words}`}`;
  }
}
