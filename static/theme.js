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
  root.dataset.scripts = "run"; // what works by script only is shown

  // The switch in the top bar, without leaving the page and what is typed on it.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-theme-switch]")) { return; }
    event.preventDefault();
    root.dataset.theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    apply();
    const body = new FormData(form);
    body.set("theme", root.dataset.theme);
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {}); // away: it holds for this page
  });
})();
