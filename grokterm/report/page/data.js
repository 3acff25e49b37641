// What the report holds: arrays that are unpacked when they are first asked for, and the colours of the theme.

const DATA = JSON.parse(document.getElementById("data").textContent);
const TYPES = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array, u16: Uint16Array, bits: Uint8Array };
const unpacked = new Map();

/** The array of a name, decoded once: base64 of zlib bytes, little-endian. */
function arrayOf(name) {
  if (!unpacked.has(name)) unpacked.set(name, unpack(DATA.arrays[name]));
  return unpacked.get(name);
}

async function unpack({ type, data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new TYPES[type](await new Response(stream).arrayBuffer());
}

/** Bit `at` of packed bits, the highest of a byte first. */
function bit(bytes, at) {
  return (bytes[at >> 3] >> (7 - (at & 7))) & 1;
}

/** A colour of the theme by its meaning, as #rrggbb. */
function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function rgb(name) {
  const text = color(name);
  return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
}

function mixed(from, to, share) {
  return from.map((value, at) => Math.round(value + (to[at] - value) * share));
}

/** A number as short as it goes. */
function short(value, percent = false) {
  if (!Number.isFinite(value)) return "–";
  if (percent) return `${(100 * value).toFixed(1)} %`;
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return value.toLocaleString("en");
  if (size < 1e-3 || size >= 1e7) return value.toExponential(2).replace("-", "−");
  return Number(value.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 }).replace("-", "−");
}

/** An element with its class, text and children. */
function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

function button(words, label, act) {
  const element = make("button", "", words);
  element.type = "button";
  element.setAttribute("aria-label", label);
  element.title = label;
  element.addEventListener("click", act);
  return element;
}

/** The canvas at the size in which it is seen, cleared, in CSS pixels. */
function sharp(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}

const drawn = [];

/** What is drawn again where the theme or the width changes. */
function redrawAll() {
  for (const one of drawn) one.draw();
}
