// Runs an RP2040 flash image in the emulator rp2040js, and prints one line of
// JSON for each rehearsal that the image makes:
//
//     node run.mjs target/thumbv6m-none-eabi/release/rp2040-rehearsal
//
//     {"rehearsal": name, "request": hex, "instructions": n, "cycles": n, "stack": bytes}
//
// The image says what it is about by writing to the watchdog's first scratch
// register, and what came out by UART0. Nothing is fed to it. Cycles are those of
// a Cortex-M0+ whose flash cache never misses; the stack is what was used below
// the stack pointer at the start. The exit status is 0 only if the image finished.
import { readFileSync } from "node:fs";
import { ConsoleLogger, LogLevel, Simulator } from "rp2040js";

const FLASH = { start: 0x10000000, end: 0x10200000 };
const VECTOR_TABLE = 0x10000100; // after the second-stage boot loader
const SCRATCH0 = 0x4005800c;
const Mark = { START: 1, END: 2, FINISHED: 3 };
const INSTRUCTION_LIMIT = 1e9;

const image = process.argv[2];
if (!image) fail("usage: node run.mjs IMAGE.elf");

const { clock, rp2040: chip } = new Simulator();
const { core } = chip;
const run = { instructions: 0, lowestStack: 0, finished: false, start: null, measured: null };

function main() {
  // It warns of registers that it lacks, such as the voltage regulator's.
  chip.logger = new ConsoleLogger(LogLevel.Error);
  load(readFileSync(image));
  listen();
  watchMarks();
  core.VTOR = VECTOR_TABLE;
  core.reset();
  while (!run.finished) step();
}

function step() {
  if (core.waiting) {
    if (clock.nanosToNextAlarm === 0) fail("the image sleeps without having finished");
    clock.tick(clock.nanosToNextAlarm);
    return;
  }
  const cycles = core.executeInstruction();
  clock.tick((cycles * 1e9) / chip.clkSys);
  run.lowestStack = Math.min(run.lowestStack, core.SP);
  if (++run.instructions > INSTRUCTION_LIMIT) fail("the image does not finish");
}

// The loadable segments of an ELF file (32 bits, little-endian), into the flash.
function load(elf) {
  if (elf.toString("latin1", 0, 4) !== "\x7fELF") fail(`${image} is not an ELF file`);
  const [table, size, count] = [elf.readUInt32LE(28), elf.readUInt16LE(42), elf.readUInt16LE(44)];
  for (let header = table; header < table + size * count; header += size) {
    const [type, offset, , address, length] = [0, 4, 8, 12, 16].map((at) => elf.readUInt32LE(header + at));
    if (type !== 1 || length === 0) continue;
    if (address < FLASH.start || address + length > FLASH.end) fail("a segment is outside the flash");
    chip.flash.set(elf.subarray(offset, offset + length), address - FLASH.start);
  }
}

// UART0 carries one line for each rehearsal: its name and the request in hex.
function listen() {
  let line = "";
  chip.uart[0].onByte = (byte) => {
    const character = String.fromCharCode(byte);
    if (character !== "\n") {
      line += character;
      return;
    }
    report(line.trimEnd());
    line = "";
  };
}

function report(line) {
  const match = /^rehearsal (\S+) ((?:[0-9a-f]{2})+)$/.exec(line);
  if (!match) {
    console.error(`image: ${line}`);
    return;
  }
  if (!run.measured) fail(`the image reports '${match[1]}' without having marked it`);
  const [, rehearsal, request] = match;
  console.log(JSON.stringify({ rehearsal, request, ...run.measured }));
  run.measured = null;
}

function watchMarks() {
  const write = chip.writeUint32.bind(chip);
  chip.writeUint32 = (address, value) => {
    write(address, value);
    if (address === SCRATCH0) mark(value);
  };
}

function mark(value) {
  const { instructions } = run;
  const { cycles, SP } = core;
  if (value === Mark.START) {
    run.start = { instructions, cycles, SP };
    run.lowestStack = SP;
  } else if (value === Mark.END) {
    run.measured = {
      instructions: instructions - run.start.instructions,
      cycles: cycles - run.start.cycles,
      stack: run.start.SP - run.lowestStack,
    };
  } else if (value === Mark.FINISHED) {
    run.finished = true;
  }
}

function fail(problem) {
  console.error(`run.mjs: ${problem}`);
  process.exit(1);
}

main();
