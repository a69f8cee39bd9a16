// Starts the firmware of an RP2040 board in an emulator, with one fault at a time,
// and checks that it refuses to go on and says why:
//
//     node start.mjs target/thumbv6m-none-eabi/release/w5500-evb-pico
//
// The firmware must have been built with X402_KEY=flash. With a key and sound
// noise it must go on, to what isn't here: the boot ROM, a radio.
import { createHash } from "node:crypto";
import { Board } from "./emulator.mjs";

const KEY_RECORD = 0x1ff000; // the last sector of the flash
const ROM_END = 0x4000;
const SAMPLES = 5120; // that the firmware takes, if it likes them
const A_WHILE = 1e6; // instructions

const STUCK = "stopped: the source of randomness is stuck: nothing is paid with it";
const REPEATING = "stopped: the source of randomness repeats itself: nothing is paid with it";
const GOES_ON = "goes on";

const key = keyRecord(Buffer.alloc(32, 7)); // a TEST key
const damaged = Buffer.from(key).fill(0, 20, 21);
const foreign = Buffer.alloc(96, 0x42);

const CASES = [
  { name: "no key", expected: "stopped: no key in flash: write a key record there" },
  { name: "something else", record: foreign, expected: "stopped: what is in flash is no key record" },
  { name: "a damaged key", record: damaged, expected: "stopped: the key record is damaged: write it again" },
  { name: "noise stuck at 0", record: key, noise: () => () => false, expected: STUCK },
  { name: "noise stuck at 1", record: key, noise: () => () => true, expected: STUCK },
  { name: "noise that alternates", record: key, noise: () => periodic(2), expected: REPEATING },
  { name: "noise of period 31", record: key, noise: () => periodic(31), expected: REPEATING },
  { name: "noise that gets stuck", record: key, noise: stuckLater, expected: STUCK },
  { name: "sound noise", record: key, noise: sound, expected: GOES_ON },
];

// Solana's seed in a record: see the app's `key_record`.
function keyRecord(seed) {
  const body = Buffer.concat([Buffer.from("X402KEYS\x01\x01"), Buffer.alloc(6), seed, Buffer.alloc(32)]);
  return Buffer.concat([body, createHash("sha256").update(body).digest().subarray(0, 16)]);
}

// Noise that is the same in each run: the bits of a hash chain.
function sound() {
  let bits = [];
  let state = "noise";
  return () => {
    if (bits.length === 0) {
      state = createHash("sha256").update(state).digest();
      bits = [...state].flatMap((byte) => [...Array(8).keys()].map((bit) => (byte >> bit) & 1));
    }
    return bits.pop() === 1;
  };
}

function periodic(period) {
  const noise = sound();
  const samples = period === 2 ? [false, true] : Array.from({ length: period }, noise);
  let index = 0;
  return () => samples[index++ % period];
}

function stuckLater() {
  const noise = sound();
  let samples = 0;
  return () => samples++ > 2000 || noise();
}

// What the firmware says, or that it goes on.
function start(image, { record, noise = sound }) {
  const board = new Board(image);
  if (record) board.writeFlash(KEY_RECORD, record);
  let said;
  board.onLine((line) => (said = line));
  const sample = noise();
  let samples = 0;
  let lastSample = 0;
  board.setNoise(() => {
    samples += 1;
    lastSample = board.instructions;
    return sample();
  });
  const goesOn = () =>
    samples === SAMPLES && (board.chip.core.PC < ROM_END || board.instructions > lastSample + A_WHILE);
  board.runUntil(() => said !== undefined || goesOn());
  return said ?? GOES_ON;
}

function main(image) {
  if (!image) throw new Error("usage: node start.mjs IMAGE");
  for (const test of CASES) {
    const outcome = start(image, test);
    const isRight = outcome === test.expected;
    console.log(`${isRight ? "ok" : "FAILED"}: ${test.name}: ${outcome}`);
    if (!isRight) process.exitCode = 1;
  }
}

try {
  main(process.argv[2]);
} catch (error) {
  console.error(`start.mjs: ${error.message}`);
  process.exitCode = 1;
}
// The emulator's programmable I/O keeps timers for ever.
process.exit();
