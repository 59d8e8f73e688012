/* Draws every figure of a page, and draws it again when the theme changes or htmx brings one.
 *
 * A figure is JSON ({data, layout, narrow}) in <script type="application/json" id="X">, drawn into <div data-chart="X">.
 * Colours are token names ("$accent", see core/charts.py), resolved here from the custom properties in portal.css.
 */
(function () {
  "use strict";
  const TOKENS = {
    accent: "--p-accent", "accent-soft": "--p-accent-soft", "accent-band": "--p-accent-band", text: "--p-text",
    muted: "--p-muted", grid: "--p-grid", border: "--p-border-strong", surface: "--p-surface", context: "--p-context",
    ok: "--p-ok", risk: "--p-risk", off: "--p-off",
    "level-0": "--p-l0", "level-1": "--p-l1", "level-2": "--p-l2", "level-3": "--p-l3",
  };

  function palette() {
    const css = getComputedStyle(document.documentElement);
    const colours = {};
    for (const [token, property] of Object.entries(TOKENS)) { colours[token] = css.getPropertyValue(property).trim(); }
    colours.font = getComputedStyle(document.body).fontFamily;
    return colours;
  }

  function template(c) {
    const axis = {
      showgrid: true, gridcolor: c.grid, gridwidth: 1, zeroline: false, showline: false, ticks: "",
      tickfont: { size: 12, color: c.muted }, title: { font: { size: 12, color: c.muted }, standoff: 8 },
      automargin: true, fixedrange: true,
    };
    return {
      layout: {
        font: { family: c.font, size: 12, color: c.text },
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: [c.accent, c.context, c.muted],
        margin: { l: 32, r: 16, t: 16, b: 28, pad: 0 }, showlegend: false, hovermode: "x unified", bargap: 0.2,
        hoverlabel: { bgcolor: c.surface, bordercolor: c.border, font: { family: c.font, size: 12, color: c.text } },
        xaxis: { ...axis, showgrid: false, showline: true, linecolor: c.border, linewidth: 1 }, yaxis: axis,
        annotationdefaults: { showarrow: false, font: { size: 12, color: c.muted }, align: "left" },
        shapedefaults: { line: { color: c.border, width: 1 } },
        polar: {
          bgcolor: "rgba(0,0,0,0)",
          radialaxis: { gridcolor: c.grid, showline: false, ticks: "", tickfont: { size: 11, color: c.muted }, angle: 75, tickangle: 75 },
          angularaxis: { gridcolor: c.grid, linecolor: c.border, ticks: "", tickfont: { size: 12, color: c.text }, direction: "clockwise", rotation: 90 },
        },
      },
      data: {
        scatter: [{ mode: "lines", line: { width: 2 }, marker: { size: 6 } }],
        bar: [{ marker: { line: { width: 0 } } }],
        scatterpolar: [{ mode: "lines", line: { width: 2 } }],
      },
    };
  }

  function resolve(value, colours) {
    if (typeof value === "string") { return value.startsWith("$") ? colours[value.slice(1)] || value : value; }
    if (Array.isArray(value)) { return value.map((each) => resolve(each, colours)); }
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(each, colours)]));
    }
    return value;
  }

  // A point whose data names a page of the portal leads there; the data table has the same links for everybody else.
  function lead(place) {
    if (place.dataset.leads) { return; }
    place.dataset.leads = "yes";
    place.on("plotly_click", (event) => {
      const to = event.points[0].customdata;
      if (typeof to === "string" && to.startsWith("/teams/")) { window.location.assign(to); }
    });
  }

  function draw(place, colours) {
    const source = document.getElementById(place.dataset.chart);
    if (!source || !window.Plotly) { return; }
    const made = resolve(JSON.parse(source.textContent), colours);
    const narrow = place.clientWidth < 480 ? made.narrow : {};
    const layout = { ...made.layout, ...narrow, template: template(colours), autosize: true };
    // Plotly shows an arrow at every annotation unless told otherwise, whatever the template's defaults say.
    for (const note of layout.annotations || []) { note.showarrow = note.showarrow || false; }
    window.Plotly.react(place, made.data, layout, { displayModeBar: false, responsive: true, locale: "en" }).then(() => lead(place));
  }

  function drawAll(root) {
    const colours = palette();
    root.querySelectorAll("[data-chart]").forEach((place) => draw(place, colours));
    document.documentElement.dataset.charts = "drawn";
  }

  document.addEventListener("portal:theme", () => drawAll(document));
  for (const name of ["htmx:load", "portal:live"]) { document.addEventListener(name, (event) => drawAll(event.detail.elt)); }
  // The text widths of the web font decide the margins: wait for it.
  document.fonts.ready.then(() => drawAll(document));
})();
