// Builds the front-end parts into static/build/ from the packages that package-lock.json locks.
//
//   node frontend/build.mjs        (ops/bootstrap.py calls it when one of its inputs has changed)
//
// Everything is written beside and moved into place at the end: a build that stops half way leaves the last one whole.
// All addresses are relative and no source map is named, as Django's manifest storage wants it.

import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const OUT = path.join(ROOT, "static", "build");
const NEW = path.join(ROOT, "node_modules", ".portal-build");
const modules = (...parts) => path.join(ROOT, "node_modules", ...parts);
const text = (file) => readFile(file, "utf8");
const write = (name, content) => writeFile(path.join(NEW, name), content);
const withoutSourceMap = (content) => content.replace(/\n?(\/\/|\/\*)# sourceMappingURL=.*?(\*\/)?\s*$/, "\n");

async function copyText(from, to) {
  await write(to, withoutSourceMap(await text(from)));
}

async function plotly() {
  await build({
    entryPoints: [path.join(ROOT, "frontend", "plotly.js")],
    outfile: path.join(NEW, "plotly.js"),
    bundle: true,
    minify: true,
    format: "iife",
    globalName: "Plotly",
    target: "es2020",
    define: { global: "window" },
    loader: { ".css": "empty" }, // the styles of maps, which are not among the traces
    legalComments: "inline",
    logLevel: "warning",
  });
}

// One sprite of the icons named in frontend/icons.txt: <use href="…/icons.svg#i-check">.
async function icons() {
  const names = (await text(path.join(ROOT, "frontend", "icons.txt"))).split(/\s+/).filter(Boolean);
  const symbols = names.map(async (name) => {
    const file = modules("@tabler", "icons", "icons", "outline", `${name}.svg`);
    const svg = await text(file).catch(() => {
      throw new Error(`frontend/icons.txt names “${name}”, which is no outline icon of @tabler/icons.`);
    });
    const shapes = svg
      .replace(/^[\s\S]*?<svg[^>]*>/, "")
      .replace(/<\/svg>[\s\S]*$/, "")
      .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" ?\/>/, "")
      .replace(/\s*\n\s*/g, "");
    return (
      `<symbol id="i-${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" ` +
      `stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`
    );
  });
  await write("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">\n${(await Promise.all(symbols)).join("\n")}\n</svg>\n`);
}

const FACES = [
  // [package, stylesheet, family, weights, which of its subsets]
  ["@fontsource-variable/inter", "index.css", "Inter", "100 900", /^inter-latin(-ext)?-wght-normal$/],
  // The numbered subsets split the characters by how often pages use them, so that a page loads a few of the files only.
  ["@fontsource/noto-sans-jp", "400.css", "Noto Sans JP", "400 500", /^noto-sans-jp-\[\d+\]-400-normal$/],
  ["@fontsource/noto-sans-jp", "600.css", "Noto Sans JP", "600 700", /^noto-sans-jp-\[\d+\]-600-normal$/],
];

async function fonts() {
  await mkdir(path.join(NEW, "fonts"));
  const rules = [];
  for (const [name, stylesheet, family, weights, wanted] of FACES) {
    const css = await text(modules(name, stylesheet));
    for (const [, subset, body] of css.matchAll(/\/\* (\S+) \*\/\s*@font-face\s*{([^}]*)}/g)) {
      if (!wanted.test(subset)) continue;
      const file = body.match(/url\(\.\/files\/([^)]+\.woff2)\)/)[1];
      const range = body.match(/unicode-range:\s*([^;]+);/)[1];
      await copyFile(modules(name, "files", file), path.join(NEW, "fonts", file));
      rules.push(
        `@font-face{font-family:"${family}";font-style:normal;font-weight:${weights};font-display:swap;` +
          `src:url("fonts/${file}") format("woff2");unicode-range:${range}}`,
      );
    }
  }
  if (rules.length < 200) throw new Error(`Only ${rules.length} font faces were found: the font packages have changed.`);
  await write("fonts.css", `${rules.join("\n")}\n`);
}

// What others wrote goes out with their licence.
async function licences() {
  const { dependencies } = createRequire(import.meta.url)(path.join(ROOT, "package.json"));
  const parts = Object.keys(dependencies).map(async (name) => {
    const licence = await text(modules(name, "LICENSE")).catch(async () => {
      const about = JSON.parse(await text(modules(name, "package.json")));
      return `Licence: ${about.license}\n`; // the package carries no file of its own
    });
    return `${name} ${dependencies[name]}\n\n${licence}`;
  });
  await write("licences.txt", (await Promise.all(parts)).join(`\n${"-".repeat(100)}\n\n`));
}

await rm(NEW, { recursive: true, force: true });
await mkdir(NEW, { recursive: true });
await Promise.all([
  copyText(modules("@tabler", "core", "dist", "css", "tabler.min.css"), "tabler.min.css"),
  copyText(modules("htmx.org", "dist", "htmx.min.js"), "htmx.min.js"),
  copyText(modules("idiomorph", "dist", "idiomorph-ext.min.js"), "idiomorph-ext.min.js"),
  plotly(),
  icons(),
  fonts(),
  licences(),
]);
await rm(OUT, { recursive: true, force: true });
await mkdir(path.dirname(OUT), { recursive: true });
await rename(NEW, OUT);
