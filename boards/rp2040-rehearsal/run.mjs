// Runs the image in an emulator, and prints one line of JSON for each rehearsal
// that it makes:
//
//     node run.mjs target/thumbv6m-none-eabi/release/rp2040-rehearsal
//
//     {"rehearsal": name, "request": hex, "instructions": n, "cycles": n, "stack": bytes}
//
// The image says what it is about by writing to the watchdog's first scratch
// register, and what came out by UART0. Cycles are those of a Cortex-M0+ whose
// flash cache never misses; the stack is what was used below the stack pointer at
// the start. The exit status is 0 only if the image finished.
import { Board } from "./emulator.mjs";

const SCRATCH0 = 0x4005800c;
const Mark = { START: 1, END: 2, FINISHED: 3 };

function main(image) {
  if (!image) throw new Error("usage: node run.mjs IMAGE");
  const board = new Board(image);
  const count = counter(board);
  let finished = false;
  board.onWrite(SCRATCH0, (mark) => {
    if (mark === Mark.START) count.start();
    if (mark === Mark.END) count.end();
    finished = mark === Mark.FINISHED;
  });
  board.onLine((line) => report(line, count.measured));
  board.runUntil(() => finished);
}

// What the board takes from a start to an end.
function counter(board) {
  const { core } = board.chip;
  let start;
  return {
    start() {
      this.measured = undefined;
      board.lowestStack = core.SP;
      start = { instructions: board.instructions, cycles: core.cycles, stack: core.SP };
    },
    end() {
      this.measured = {
        instructions: board.instructions - start.instructions,
        cycles: core.cycles - start.cycles,
        stack: start.stack - board.lowestStack,
      };
    },
  };
}

// A line is a rehearsal's name and the paid request in hex, or what went wrong.
function report(line, measured) {
  const match = /^rehearsal (\S+) ((?:[0-9a-f]{2})+)$/.exec(line);
  if (!match) {
    console.error(`image: ${line}`);
    return;
  }
  const [, rehearsal, request] = match;
  if (!measured) throw new Error(`'${rehearsal}' was not measured`);
  console.log(JSON.stringify({ rehearsal, request, ...measured }));
}

try {
  main(process.argv[2]);
} catch (error) {
  console.error(`run.mjs: ${error.message}`);
  process.exitCode = 1;
}
