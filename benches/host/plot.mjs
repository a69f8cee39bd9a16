// The figures as a plot: bars on one scale, the reference clients' the longest.

import { microseconds, ratio } from "./statistics.mjs";

const WIDTH = 900;
const NAMES = 370;
const SCALE = 370;
const LINE = 24;
const BAR = 14;

const STYLE = `
  .ground { fill: #ffffff }
  text { font: 13px system-ui, sans-serif; fill: #1f2328; stroke: #ffffff; stroke-width: 4px; paint-order: stroke }
  .title { font-size: 16px; font-weight: 600 }
  .group { font-weight: 600 }
  .quiet { fill: #59636e }
  .axis { stroke: #d1d9e0 }
  .ours { fill: #0969da }
  .std { fill: #bf8700 }
  .reference { fill: #8c959f }
  .spread { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 }
    text { fill: #f0f6fc; stroke: #0d1117 }
    .quiet { fill: #9198a1 }
    .axis { stroke: #3d444d }
    .ours { fill: #58a6ff }
    .std { fill: #d29922 }
    .reference { fill: #7d8590 }
    .spread { stroke: #f0f6fc }
  }`;

const TITLE = "From the challenge to the signed header, on a host";

/** `results.svg`. */
export function plot({ machine, challenges }) {
  const rows = challenges.flatMap(({ rows }) => rows).filter(({ missing }) => !missing);
  const longest = Math.max(...rows.map(({ high }) => high));
  const x = (nanoseconds) => NAMES + (nanoseconds / longest) * SCALE;
  let top = 64;
  const groups = challenges.map((challenge) => {
    const [from, to] = [top, top + LINE * (challenge.rows.length + 1)];
    top = to + 10;
    return group(challenge, from, x);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + 40}" role="img" aria-label="${TITLE}">
<style>${STYLE}
</style>
<rect class="ground" width="100%" height="100%" rx="6"/>
<text class="title" x="16" y="28">${TITLE}</text>
<text class="quiet" x="16" y="48">${subtitle(machine)}</text>
${axis(longest, top, x)}
${groups.join("\n")}
</svg>
`;
}

function subtitle({ processor, node, rustc, date }) {
  const versions = `Node ${node}, rustc ${rustc}`;
  return escape(`Median of a payment; lines: the middle half of them. ${processor}, ${versions}, ${date}`);
}

/** A line for each millisecond, or for several if that makes too many. */
function axis(longest, bottom, x) {
  const step = [1, 2, 5, 10, 20].find((step) => longest / 1e6 < 8 * step) ?? 100;
  const ticks = Array.from({ length: longest / 1e6 / step + 1 }, (_, index) => index * step);
  return ticks.map((tick) => {
    const at = x(tick * 1e6).toFixed(1);
    const label = `<text class="quiet" x="${at}" y="${bottom + 18}" text-anchor="middle">${tick} ms</text>`;
    return `<line class="axis" x1="${at}" x2="${at}" y1="64" y2="${bottom}"/>${label}`;
  }).join("\n");
}

function group({ title, rows }, top, x) {
  const lines = rows.map((row, index) => bar(row, top + LINE * (index + 1), x));
  return `<text class="group" x="16" y="${top + 16}">${escape(title)}</text>
${lines.join("\n")}`;
}

function bar({ name, kind, missing, median, low, high, ratio: faster }, top, x) {
  const middle = top + LINE / 2;
  const label = `<text x="${NAMES - 10}" y="${middle + 4}" text-anchor="end">${escape(name)}</text>`;
  if (missing) {
    return `${label}<text class="quiet" x="${NAMES + 8}" y="${middle + 4}">${missing}</text>`;
  }
  const figure = `${microseconds(median)} µs`;
  const comparison = kind === "reference" ? figure : `${figure}, ${ratio(faster)} times as fast`;
  const width = Math.max(x(median) - NAMES, 1).toFixed(1);
  return `${label}<rect class="${kind}" x="${NAMES}" y="${middle - BAR / 2}" width="${width}" height="${BAR}"/>
<line class="spread" x1="${x(low).toFixed(1)}" x2="${x(high).toFixed(1)}" y1="${middle}" y2="${middle}"/>
<text x="${(x(Math.max(median, high)) + 8).toFixed(1)}" y="${middle + 4}">${comparison}</text>`;
}

function escape(text) {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
