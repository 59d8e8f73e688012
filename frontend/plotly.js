// The traces the portal draws, and no others: core brings scatter. (The ready-made "cartesian" bundle, given a radar,
// draws a scatter without a word.)
const Plotly = require("plotly.js/lib/core");
Plotly.register([
  require("plotly.js/lib/bar"),
  require("plotly.js/lib/heatmap"),
  require("plotly.js/lib/indicator"),
  require("plotly.js/lib/pie"),
  require("plotly.js/lib/scatterpolar"),
]);
module.exports = Plotly;
