// Draws every chart of the page from the specification beside it; again when the scheme changes.

const themes = JSON.parse(document.getElementById("themes").textContent);
const dark = window.matchMedia("(prefers-color-scheme: dark)");

// A chart that plays says how in its own patch, by the signal's place on the site; here by its name.
function playing(chart) {
  const ticks = chart.signals?.find(({ name }) => name === "ticks");
  if (ticks) ticks.on = [{ events: { type: "timer", throttle: 40 }, update: "play ? ticks + 1 : ticks" }];
  return chart;
}

async function draw(figure) {
  const place = figure.querySelector(".chart");
  const spec = JSON.parse(figure.querySelector("script").textContent);
  delete spec.usermeta?.embedOptions?.patch; // see `playing`
  const config = dark.matches ? themes.dark : themes.light;
  const actions = { export: true, source: false, compiled: false, editor: false };
  try {
    await vegaEmbed(place, spec, { config, actions, patch: playing });
    place.querySelector("summary").setAttribute("aria-label", "Save this chart");
  } catch (error) {
    place.textContent = "This chart could not be drawn: " + error.message;
    console.error(error);
  }
}

async function drawAll() {
  document.body.dataset.drawn = "some";
  for (const figure of document.querySelectorAll("figure:has(.chart)")) await draw(figure);
  document.body.dataset.drawn = "all";
}

dark.addEventListener("change", drawAll);
drawAll();
