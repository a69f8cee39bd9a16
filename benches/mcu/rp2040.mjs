// Runs an image of the measuring programs in rp2040js, and prints what it prints:
//
//     node rp2040.mjs target/thumbv6m-none-eabi/release/payment
//
// Where the chip has no registers, the image finds counters: instructions, cycles
// of a Cortex-M0+ whose flash cache never misses, and what that cache would have
// missed: 16 KiB, two ways, lines of eight bytes, the one used longer ago replaced.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Board } from "../../boards/rp2040-rehearsal/emulator.mjs";

const emulator = createRequire(new URL("../../boards/rp2040-rehearsal/", import.meta.url));
const { BasePeripheral } = await import(pathToFileURL(emulator.resolve("rp2040js")));

const COUNTERS = 0x40070;
const FLASH = { start: 0x10000000, end: 0x11000000 };
const LINE_BITS = 3;
const SETS = 1024;

class XipCache {
  misses = 0;
  #recent = new Int32Array(SETS).fill(-1);
  #older = new Int32Array(SETS).fill(-1);

  read(address) {
    const line = address >>> LINE_BITS;
    const set = line & (SETS - 1);
    if (this.#recent[set] === line) return;
    if (this.#older[set] !== line) this.misses += 1;
    this.#older[set] = this.#recent[set];
    this.#recent[set] = line;
  }

  // Sees each read of the chip: instructions are read as data are.
  watch(chip) {
    for (const name of ["readUint32", "readUint16", "readUint8"]) {
      const read = chip[name].bind(chip);
      chip[name] = (address) => {
        const from = address >>> 0;
        if (from >= FLASH.start && from < FLASH.end) this.read(from);
        return read(address);
      };
    }
  }
}

class Counters extends BasePeripheral {
  status = undefined;

  constructor(board, cache) {
    super(board.chip, "COUNTERS");
    this.board = board;
    this.cache = cache;
  }

  readUint32(offset) {
    const { board, cache } = this;
    return [board.instructions, board.chip.core.cycles, cache.misses][offset >> 2] >>> 0;
  }

  writeUint32(_, status) {
    this.status = status;
  }
}

function main(image) {
  if (!image) throw new Error("usage: node rp2040.mjs IMAGE");
  const board = new Board(image);
  const cache = new XipCache();
  cache.watch(board.chip);
  const counters = new Counters(board, cache);
  board.chip.peripherals[COUNTERS] = counters;
  board.onLine((line) => console.log(line));
  board.runUntil(() => counters.status !== undefined);
  return counters.status;
}

try {
  process.exitCode = main(process.argv[2]);
} catch (error) {
  console.error(`rp2040.mjs: ${error.message}`);
  process.exitCode = 1;
}
// The emulator's programmable I/O keeps timers for ever.
process.exit();
