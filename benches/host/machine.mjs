// What was measured, and on what.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, getPriority, loadavg, release, type } from "node:os";

/** Where and when. */
export function machine() {
  const [{ model }] = cpus();
  const load = loadavg()[0].toFixed(2);
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: model.trim(),
    cores: cpus().length,
    system: `${type()} ${release()}`,
    load,
    niceness: getPriority(),
    node: process.version.slice(1),
    rustc: execFileSync("rustc", ["--version"], { encoding: "utf8" }).split(" ")[1],
  };
}

/** The version of a package that npm has installed here. */
export function npmVersion(name) {
  return JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;
}

/** The version of a crate that the other Rust client is built with. */
export function crateVersion(name) {
  const lock = readFileSync("std-client/Cargo.lock", "utf8");
  return lock.match(new RegExp(`name = "${name}"\nversion = "(.*)"`))[1];
}
