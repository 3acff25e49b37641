// Axes of charts: from values to places, and the numbers along them.

/** A scale from values to 0 … 1, linear or logarithmic. */
class Scale {
  constructor(low, high, log) {
    this.log = log && high > 0;
    if (!(high > low)) [low, high] = this.log ? [low / 2, low * 2] : [low - 0.5, low + 0.5];
    [this.low, this.high] = this.log ? [Math.log10(low), Math.log10(high)] : [low, high];
  }

  place(value) {
    const at = this.log ? (value > 0 ? Math.log10(value) : NaN) : value;
    return (at - this.low) / (this.high - this.low);
  }

  value(place) {
    const at = this.low + place * (this.high - this.low);
    return this.log ? 10 ** at : at;
  }

  /** About so many round values, ascending. */
  ticks(count) {
    return this.log && this.high - this.low >= 1 ? this.decades(count) : this.round(count);
  }

  round(count) {
    const [low, high] = this.log ? [10 ** this.low, 10 ** this.high] : [this.low, this.high];
    const raw = (high - low) / Math.max(count, 1);
    const power = 10 ** Math.floor(Math.log10(raw));
    const stride = [1, 2, 5, 10].map((by) => by * power).find((by) => by >= raw * 0.999);
    const found = [];
    for (let at = Math.ceil(low / stride - 1e-9); at * stride <= high + stride * 1e-9; at++) found.push(at * stride);
    return found.map((value) => Number(value.toPrecision(12)));
  }

  decades(count) {
    const first = Math.ceil(this.low - 1e-9), last = Math.floor(this.high + 1e-9);
    const stride = Math.max(1, Math.ceil((last - first + 1) / count));
    const found = [];
    for (let power = first; power <= last; power += stride) found.push(10 ** power);
    if (stride === 1 && (last - first + 1) * 3 <= count + 2) {
      for (let power = first - 1; power <= last; power++) found.push(2 * 10 ** power, 5 * 10 ** power);
    }
    const [low, high] = [10 ** this.low * 0.999, 10 ** this.high * 1.001];
    return found.filter((value) => value >= low && value <= high).sort((a, b) => a - b);
  }
}

/** A tick as it is written: 2k, 5e−3, 40 %. */
function tickWords(value, percent) {
  if (percent) return `${Math.round(100 * value)} %`;
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  if (size && size < 1e-2) return value.toExponential(0).replace("-", "−");
  return Number(value.toPrecision(6)).toLocaleString("en", { maximumSignificantDigits: 6 }).replace("-", "−");
}

/** The place of the value nearest to `wanted` among ascending ones. */
function nearest(values, wanted) {
  let low = 0, high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low > 0 && wanted - values[low - 1] < values[low] - wanted ? low - 1 : low;
}

/** The value at x on the line between two places of a curve; NaN beyond its ends. */
function between(xs, ys, x) {
  const after = xs.findIndex((each) => each >= x);
  if (after < 1) return xs[after] === x ? ys[after] : NaN;
  const share = (x - xs[after - 1]) / (xs[after] - xs[after - 1]);
  return ys[after - 1] + share * (ys[after] - ys[after - 1]);
}
