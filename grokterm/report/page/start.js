// Puts everything into its place when the page is there.

async function start() {
  const made = [];
  for (const box of document.querySelectorAll("[data-chart]")) made.push(new Chart(box, DATA.charts[box.dataset.chart]));
  for (const box of document.querySelectorAll("[data-heat]")) made.push(new Heat(box, DATA.heats[box.dataset.heat]));
  for (const box of document.querySelectorAll("[data-steps]")) made.push(new Steps(box, DATA.steps));
  for (const one of made) await one.load();
  let waiting = 0;
  const again = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(redrawAll);
  };
  window.addEventListener("resize", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  document.documentElement.dataset.ready = "1";
}

/** From the colours of the system to the others, and back. */
function toggleTheme() {
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.dataset.theme || (dark ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
  redrawAll();
}

document.getElementById("theme").addEventListener("click", toggleTheme);
start().catch((error) => {
  document.documentElement.dataset.failed = String(error);
  document.getElementById("trouble").textContent = `This browser cannot draw the report: ${error}`;
});
