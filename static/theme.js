/* Sets the theme before the first paint: the server says light, dark, or auto, which follows the device. */
(function () {
  "use strict";
  const root = document.documentElement;
  const device = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    const wanted = root.dataset.theme;
    root.dataset.bsTheme = wanted === "auto" ? (device.matches ? "dark" : "light") : wanted;
    document.dispatchEvent(new Event("portal:theme"));
  }
  device.addEventListener("change", apply);
  apply();
})();
