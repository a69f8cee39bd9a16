// The figures as a table that people read.

import { microseconds, ratio } from "./statistics.mjs";

/** `results.md`. */
export function markdown({ machine, challenges, budgets }) {
  return `# From the challenge to the signed header, on a host

Written by \`bash benches/host/run.sh\` on ${machine.date}: ${machine.processor}, ${machine.cores} cores,
${machine.system}, load ${machine.load} at the start, niceness ${machine.niceness}; Node ${machine.node}, rustc ${machine.rustc}. What is
measured, and what is not, is in [README.md](README.md).

![The same as a plot](results.svg)

Microseconds for one payment: the median, and between what the middle half of all payments are. The
last column is the median of the reference client, divided by that of the line.

${challenges.map(table).join("\n")}
## Budget

${budgets.map((budget) => `- ${line(budget)}`).join("\n")}
`;
}

function table({ title, bytes, rows, meetsColdPrograms }) {
  const lines = rows.map((row) => {
    if (row.missing) return `| ${row.name} | ${row.missing} | | | |`;
    const spread = `${microseconds(row.low)} to ${microseconds(row.high)}`;
    const cells = [row.name, microseconds(row.median), spread, `${row.header} B`, ratio(row.ratio)];
    return `| ${cells.join(" | ")} |`;
  });
  return `## ${title}

The response with status 402 has ${bytes.toLocaleString("en")} bytes.

| client | median | middle half | header it makes | times as fast |
|---|---|---|---|---|
${lines.join("\n")}
${meetsColdPrograms ? `\n${first(rows)}\n` : ""}`;
}

function first(rows) {
  const measured = rows.filter(({ missing }) => !missing);
  const figures = measured.map(({ name, first }) => `${microseconds(first)} by ${name}`);
  return `The very first payment, before a program is warm: ${figures.join("; ")}.`;
}

/** A line that says whether a budget is kept. */
export function line({ title, client, faster, wanted, kept }) {
  const fact = `${ratio(faster)} times as fast as the reference client`;
  return `${kept ? "ok" : "MISSED"}: ${title}, ${client}: ${fact}; at least ${wanted} wanted`;
}

/** The table as text, for a terminal. */
export function text(challenges) {
  return challenges.map(({ title, rows }) => {
    const width = Math.max(...rows.map(({ name }) => name.length));
    const lines = rows.map((row) => {
      const name = row.name.padEnd(width);
      if (row.missing) return `  ${name}  ${row.missing}`;
      const median = microseconds(row.median).padStart(8);
      const spread = `${microseconds(row.low)} to ${microseconds(row.high)}`;
      return `  ${name}  ${median} µs  ${spread.padEnd(18)}  ${ratio(row.ratio)} times as fast`;
    });
    return `${title}\n${lines.join("\n")}\n`;
  }).join("\n");
}
