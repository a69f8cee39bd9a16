// An RP2040 in the emulator rp2040js, with a flash image in it and no boot ROM:
// it starts where the second-stage boot loader would jump to. Nothing is fed to it.
import { readFileSync } from "node:fs";
import { BasePeripheral, ConsoleLogger, LogLevel, Simulator } from "rp2040js";

const FLASH = { start: 0x10000000, end: 0x10200000 };
const VECTOR_TABLE = 0x10000100;
const XIP_CTRL = 0x14000;
const ROSC = 0x40060;
const INSTRUCTION_LIMIT = 1e9;

export class Board {
  instructions = 0;
  lowestStack = 0;

  // `image` is the path of an ELF file.
  constructor(image) {
    const { clock, rp2040 } = new Simulator();
    this.clock = clock;
    this.chip = rp2040;
    // It warns of registers that it lacks, such as the voltage regulator's.
    this.chip.logger = new ConsoleLogger(LogLevel.Error);
    this.chip.peripherals[XIP_CTRL] = new Idle(this.chip, "XIP_CTRL");
    this.#load(image);
    this.chip.core.VTOR = VECTOR_TABLE;
    this.chip.core.reset();
  }

  // Runs until `isDone` says so, which it is asked after each instruction.
  runUntil(isDone) {
    while (!isDone()) this.#step();
  }

  // Calls `take` with each line that comes out of UART0.
  onLine(take) {
    let line = "";
    this.chip.uart[0].onByte = (byte) => {
      if (byte !== 0x0a) {
        line += String.fromCharCode(byte);
        return;
      }
      take(line.trimEnd());
      line = "";
    };
  }

  // Calls `take` with each word that is written to `address`.
  onWrite(address, take) {
    const write = this.chip.writeUint32.bind(this.chip);
    this.chip.writeUint32 = (to, value) => {
      write(to, value);
      if (to === address) take(value);
    };
  }

  // Bytes in flash, so far from its start.
  writeFlash(offset, bytes) {
    this.chip.flash.set(bytes, offset);
  }

  // A ring oscillator whose random bit is what `sample` answers.
  setNoise(sample) {
    this.chip.peripherals[ROSC] = new RingOscillator(this.chip, sample);
  }

  #step() {
    const { chip, clock } = this;
    if (chip.core.waiting) {
      if (clock.nanosToNextAlarm === 0) throw new Error("the image sleeps for ever");
      clock.tick(clock.nanosToNextAlarm);
      return;
    }
    const cycles = chip.core.executeInstruction();
    clock.tick((cycles * 1e9) / chip.clkSys);
    this.lowestStack = Math.min(this.lowestStack, chip.core.SP);
    if (++this.instructions > INSTRUCTION_LIMIT) throw new Error("the image does not finish");
  }

  // The loadable segments of an ELF file (32 bits, little-endian).
  #load(image) {
    const elf = readFileSync(image);
    if (elf.toString("latin1", 0, 4) !== "\x7fELF") throw new Error(`${image} is not an ELF file`);
    const [table, size, count] = [elf.readUInt32LE(28), elf.readUInt16LE(42), elf.readUInt16LE(44)];
    for (let header = table; header < table + size * count; header += size) {
      const field = (at) => elf.readUInt32LE(header + at);
      const [type, offset, address, length] = [field(0), field(4), field(12), field(16)];
      if (type !== 1 || length === 0) continue;
      if (address < FLASH.start || address + length > FLASH.end) {
        throw new Error(`${image} has a segment outside the flash`);
      }
      this.writeFlash(address - FLASH.start, elf.subarray(offset, offset + length));
    }
  }
}

// The flash controller: nothing is under way.
class Idle extends BasePeripheral {
  readUint32() {
    return 0;
  }

  writeUint32() {}
}

const STATUS = 0x18;
const STABLE = 0x80000000;
const RANDOMBIT = 0x1c;

class RingOscillator extends BasePeripheral {
  constructor(chip, sample) {
    super(chip, "ROSC");
    this.sample = sample;
  }

  readUint32(offset) {
    if (offset === STATUS) return STABLE;
    return offset === RANDOMBIT ? Number(this.sample()) : 0;
  }

  writeUint32() {}
}
