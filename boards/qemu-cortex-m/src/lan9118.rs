//! Ethernet: the LAN9118, as far as QEMU's needs it, as embassy's network driver.

use core::cell::RefCell;
use core::task::Context;

use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;
use cortex_m_rt::exception;
use critical_section::Mutex;
use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::waitqueue::WakerRegistration;
use static_cell::ConstStaticCell;

use embedded_x402_qemu::Register;

/// An Ethernet frame of 1514 bytes and its checksum, in whole words.
const FRAME: usize = 1520;
const MTU: usize = 1514;

/// Bytes of a frame's checksum, which the chip passes on.
const CHECKSUM: usize = 4;

/// The interrupt of the chip on this board.
const INTERRUPT: u16 = 13;

/// What the chip's byte order register holds if it is there and the bus is right.
const BYTE_TEST: u32 = 0x8765_4321;

static WAKER: Mutex<RefCell<WakerRegistration>> =
    Mutex::new(RefCell::new(WakerRegistration::new()));

/// The chip's registers, by their names in its data sheet.
mod chip {
    use super::Register;

    const fn at(offset: usize) -> Register {
        // SAFETY: the chip's registers on this board begin here.
        unsafe { Register::at(0x4020_0000 + offset) }
    }

    pub(super) const RX_DATA_FIFO: Register = at(0x00);
    pub(super) const TX_DATA_FIFO: Register = at(0x20);
    pub(super) const RX_STATUS_FIFO: Register = at(0x40);
    pub(super) const TX_STATUS_FIFO: Register = at(0x48);
    pub(super) const IRQ_CFG: Register = at(0x54);
    pub(super) const INT_STS: Register = at(0x58);
    pub(super) const INT_EN: Register = at(0x5c);
    pub(super) const BYTE_TEST: Register = at(0x64);
    pub(super) const FIFO_INT: Register = at(0x68);
    pub(super) const TX_CFG: Register = at(0x70);
    pub(super) const RX_FIFO_INF: Register = at(0x7c);
    pub(super) const TX_FIFO_INF: Register = at(0x80);
    pub(super) const MAC_CSR_CMD: Register = at(0xa4);
    pub(super) const MAC_CSR_DATA: Register = at(0xa8);

    /// Interrupts: a frame is in the receive status FIFO.
    pub(super) const RSFL: u32 = 1 << 3;
    /// TX_CFG: transmit.
    pub(super) const TX_ON: u32 = 2;
    /// IRQ_CFG: the pin pushes and pulls, and is active high; the interrupt is let out.
    pub(super) const IRQ_EN: u32 = 1 << 8 | 1 << 4 | 1;
    /// MAC_CSR_CMD: busy.
    pub(super) const CSR_BUSY: u32 = 1 << 31;
    /// Transmit command A: the first and the last segment of a frame.
    pub(super) const SEGMENTS: u32 = 1 << 13 | 1 << 12;

    // Registers of the MAC, behind MAC_CSR_CMD.
    pub(super) const MAC_CR: u32 = 1;
    pub(super) const ADDRH: u32 = 2;
    pub(super) const ADDRL: u32 = 3;
    /// MAC_CR: receive, transmit, and take every frame.
    pub(super) const MAC_ON: u32 = 1 << 2 | 1 << 3 | 1 << 18;
}

/// A network card.
pub(crate) struct Lan9118 {
    address: [u8; 6],
    incoming: &'static mut [u8; FRAME],
    outgoing: &'static mut [u8; FRAME],
}

impl Lan9118 {
    /// Starts the chip with this MAC address; `None` if it is not there.
    pub(crate) fn start(address: [u8; 6]) -> Option<Self> {
        static INCOMING: ConstStaticCell<[u8; FRAME]> = ConstStaticCell::new([0; FRAME]);
        static OUTGOING: ConstStaticCell<[u8; FRAME]> = ConstStaticCell::new([0; FRAME]);
        if chip::BYTE_TEST.read() != BYTE_TEST {
            return None;
        }
        let [a, b, c, d, e, f] = address;
        chip::INT_STS.write(u32::MAX);
        write_mac(chip::ADDRH, u32::from_le_bytes([e, f, 0, 0]));
        write_mac(chip::ADDRL, u32::from_le_bytes([a, b, c, d]));
        write_mac(chip::MAC_CR, chip::MAC_ON);
        chip::TX_CFG.write(chip::TX_ON);
        chip::FIFO_INT.write(0);
        chip::INT_EN.write(chip::RSFL);
        chip::IRQ_CFG.write(chip::IRQ_EN);
        // SAFETY: its handler is in place, and no critical section is open.
        unsafe { NVIC::unmask(Interrupt) };
        let (incoming, outgoing) = (INCOMING.take(), OUTGOING.take());
        Some(Lan9118 { address, incoming, outgoing })
    }
}

fn write_mac(register: u32, value: u32) {
    chip::MAC_CSR_DATA.write(value);
    chip::MAC_CSR_CMD.write(chip::CSR_BUSY | register);
    while chip::MAC_CSR_CMD.read() & chip::CSR_BUSY != 0 {}
}

#[derive(Clone, Copy)]
struct Interrupt;

// SAFETY: the board has an interrupt of this number.
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        INTERRUPT
    }
}

// SAFETY: it interrupts nobody in the midst of what it touches: the registers that it writes are
// written elsewhere whole, and the waker is behind a critical section.
#[exception]
unsafe fn DefaultHandler(number: i16) {
    if number == INTERRUPT as i16 {
        // It says so as long as a frame is there: silent until `receive` finds none.
        chip::INT_EN.write(0);
        chip::INT_STS.write(u32::MAX);
        critical_section::with(|section| WAKER.borrow_ref_mut(section).wake());
    }
}

impl Driver for Lan9118 {
    type RxToken<'a> = Incoming<'a>;
    type TxToken<'a> = Outgoing<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Incoming<'_>, Outgoing<'_>)> {
        critical_section::with(|section| {
            WAKER.borrow_ref_mut(section).register(context.waker());
        });
        if chip::RX_FIFO_INF.read() >> 16 & 0xff == 0 {
            chip::INT_EN.write(chip::RSFL);
            return None;
        }
        Some((Incoming(self.incoming), Outgoing(self.outgoing)))
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Outgoing<'_>> {
        Some(Outgoing(self.outgoing))
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.address)
    }
}

/// A frame that came.
pub(crate) struct Incoming<'a>(&'a mut [u8; FRAME]);

impl RxToken for Incoming<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, read: F) -> R {
        let length = (chip::RX_STATUS_FIFO.read() >> 16 & 0x3fff) as usize;
        let (words, _) = self.0.as_chunks_mut::<4>();
        for word in words.iter_mut().take(length.div_ceil(4)) {
            *word = chip::RX_DATA_FIFO.read().to_le_bytes();
        }
        let frame = self.0.get_mut(..length.saturating_sub(CHECKSUM));
        read(frame.unwrap_or_default())
    }
}

/// Room for a frame to send.
pub(crate) struct Outgoing<'a>(&'a mut [u8; FRAME]);

impl TxToken for Outgoing<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let result = write(self.0.get_mut(..length).unwrap_or_default());
        chip::TX_DATA_FIFO.write(chip::SEGMENTS | length as u32);
        chip::TX_DATA_FIFO.write(length as u32);
        let (words, _) = self.0.as_chunks::<4>();
        for word in words.iter().take(length.div_ceil(4)) {
            chip::TX_DATA_FIFO.write(u32::from_le_bytes(*word));
        }
        // What became of it is of no interest: TCP sends it again.
        while chip::TX_FIFO_INF.read() >> 16 & 0xff != 0 {
            chip::TX_STATUS_FIFO.read();
        }
        result
    }
}
