//! Ethernet: virtio-net, with the PLIC for its interrupt, as embassy's network driver.

use core::cell::{Cell, RefCell, UnsafeCell};
use core::ptr::NonNull;
use core::task::Context;

use critical_section::Mutex;
use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::waitqueue::WakerRegistration;
use static_cell::ConstStaticCell;
use virtio_drivers::device::net::VirtIONetRaw;
use virtio_drivers::transport::mmio::{MmioTransport, VirtIOHeader};
use virtio_drivers::transport::{DeviceType, Transport};
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

use embedded_x402_qemu::Register;

/// Where the machine has its virtio devices, and how many.
const SLOTS: usize = 8;
const SLOT: usize = 0x1000;
const FIRST_SLOT: usize = 0x1000_1000;

/// Frames on their way in; one goes out at a time.
const QUEUE: usize = 4;

/// An Ethernet frame of 1514 bytes and virtio's header of 12.
const FRAME: usize = 1536;
const MTU: usize = 1514;

/// Pages that the device's queues take: two for each of the two.
const PAGES: usize = 4;

type Device = VirtIONetRaw<Pages, MmioTransport<'static>, QUEUE>;

static WAKER: Mutex<RefCell<WakerRegistration>> =
    Mutex::new(RefCell::new(WakerRegistration::new()));

/// A network card.
pub(crate) struct VirtioNet {
    device: RefCell<Device>,
    incoming: &'static mut [[u8; FRAME]; QUEUE],
    outgoing: &'static mut [u8; FRAME],
}

impl VirtioNet {
    /// The machine's network card; `None` if it has none that works.
    pub(crate) fn find() -> Option<Self> {
        static INCOMING: ConstStaticCell<[[u8; FRAME]; QUEUE]> =
            ConstStaticCell::new([[0; FRAME]; QUEUE]);
        static OUTGOING: ConstStaticCell<[u8; FRAME]> = ConstStaticCell::new([0; FRAME]);
        let (slot, transport) = (0..SLOTS).find_map(|slot| Some((slot, transport(slot)?)))?;
        let mut device = Device::new(transport).ok()?;
        let incoming = INCOMING.take();
        for frame in incoming.iter_mut() {
            // SAFETY: the frame is a static that is touched only after `receive_complete`. Frames
            // get tokens in this order, and each keeps its own.
            unsafe { device.receive_begin(frame) }.ok()?;
        }
        device.enable_interrupts();
        plic::enable(slot + 1);
        let outgoing = OUTGOING.take();
        Some(VirtioNet { device: RefCell::new(device), incoming, outgoing })
    }
}

fn transport(slot: usize) -> Option<MmioTransport<'static>> {
    let header = NonNull::new((FIRST_SLOT + slot * SLOT) as *mut VirtIOHeader)?;
    // SAFETY: the machine has a slot of this size there, and nothing else uses it but the interrupt
    // handler, which acknowledges.
    let transport = unsafe { MmioTransport::new(header, SLOT) }.ok()?;
    (transport.device_type() == DeviceType::Network).then_some(transport)
}

#[unsafe(no_mangle)]
extern "C" fn MachineExternal() {
    if let Some(source) = plic::claim() {
        acknowledge(source - 1);
        plic::complete(source);
    }
    critical_section::with(|section| WAKER.borrow_ref_mut(section).wake());
}

fn acknowledge(slot: usize) {
    let base = FIRST_SLOT + slot * SLOT;
    // SAFETY: InterruptStatus and InterruptACK of a virtio device (virtio 1.2, section 4.2.2).
    let (status, acknowledge) = unsafe { (Register::at(base + 0x60), Register::at(base + 0x64)) };
    acknowledge.write(status.read());
}

impl Driver for VirtioNet {
    type RxToken<'a> = Incoming<'a>;
    type TxToken<'a> = Outgoing<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Incoming<'_>, Outgoing<'_>)> {
        critical_section::with(|section| {
            WAKER.borrow_ref_mut(section).register(context.waker());
        });
        let token = self.device.get_mut().poll_receive()?;
        let frame = self.incoming.get_mut(usize::from(token))?;
        let incoming = Incoming { device: &self.device, token, frame };
        Some((incoming, Outgoing { device: &self.device, frame: self.outgoing }))
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Outgoing<'_>> {
        Some(Outgoing { device: &self.device, frame: self.outgoing })
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
        HardwareAddress::Ethernet(self.device.borrow().mac_address())
    }
}

/// A frame that came.
pub(crate) struct Incoming<'a> {
    device: &'a RefCell<Device>,
    token: u16,
    frame: &'a mut [u8; FRAME],
}

impl RxToken for Incoming<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, read: F) -> R {
        // SAFETY: the frame that the token was given for.
        let completed =
            unsafe { self.device.borrow_mut().receive_complete(self.token, self.frame) };
        let frame = completed.ok().and_then(|(header, length)| {
            self.frame.get_mut(header..).and_then(|frame| frame.get_mut(..length))
        });
        let result = read(frame.unwrap_or_default());
        // SAFETY: as in `find`. The queue has room: the frame has just left it.
        let _ = unsafe { self.device.borrow_mut().receive_begin(self.frame) };
        result
    }
}

/// Room for a frame to send.
pub(crate) struct Outgoing<'a> {
    device: &'a RefCell<Device>,
    frame: &'a mut [u8; FRAME],
}

impl TxToken for Outgoing<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let frame = self.frame.get_mut(..length).unwrap_or_default();
        let result = write(frame);
        // A frame that can't be sent is lost: TCP sends it again.
        let _ = self.device.borrow_mut().send(frame);
        result
    }
}

/// The memory of the device's queues: taken once, never given back.
pub(crate) struct Pages;

#[repr(C, align(4096))]
struct Pool(UnsafeCell<[u8; PAGES * PAGE_SIZE]>);

// SAFETY: `Pages::dma_alloc` gives each page away once.
unsafe impl Sync for Pool {}

static POOL: Pool = Pool(UnsafeCell::new([0; PAGES * PAGE_SIZE]));
static TAKEN: Mutex<Cell<usize>> = Mutex::new(Cell::new(0));

// SAFETY: pages are aligned, zero and given away once; addresses are physical ones on this machine,
// and its devices see the same memory.
unsafe impl Hal for Pages {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let start = critical_section::with(|section| {
            let taken = TAKEN.borrow(section);
            taken.replace(taken.get() + pages)
        });
        if start + pages > PAGES {
            return (0, NonNull::dangling()); // which means that there is no memory
        }
        let page = POOL.0.get().cast::<u8>().wrapping_add(start * PAGE_SIZE);
        (page as PhysAddr, NonNull::new(page).unwrap_or(NonNull::dangling()))
    }

    unsafe fn dma_dealloc(_: PhysAddr, _: NonNull<u8>, _: usize) -> i32 {
        0
    }

    unsafe fn mmio_phys_to_virt(address: PhysAddr, _: usize) -> NonNull<u8> {
        NonNull::new(address as *mut u8).unwrap_or(NonNull::dangling())
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        buffer.as_ptr().cast::<u8>() as PhysAddr
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}

/// The interrupt controller.
mod plic {
    use super::Register;

    const BASE: usize = 0x0c00_0000;

    // SAFETY: the PLIC of QEMU's virt machine; context 0 is machine mode on hart 0.
    const ENABLE: Register = unsafe { Register::at(BASE + 0x2000) };
    const THRESHOLD: Register = unsafe { Register::at(BASE + 0x20_0000) };
    const CLAIM: Register = unsafe { Register::at(BASE + 0x20_0004) };

    /// Lets an interrupt from this source through.
    pub(super) fn enable(source: usize) {
        // SAFETY: the sources' priorities stand at the start of the PLIC.
        let priority = unsafe { Register::at(BASE + 4 * source) };
        priority.write(1);
        ENABLE.write(1 << source);
        THRESHOLD.write(0);
    }

    /// Which source interrupted.
    pub(super) fn claim() -> Option<usize> {
        let source = CLAIM.read() as usize;
        (source > 0).then_some(source)
    }

    pub(super) fn complete(source: usize) {
        CLAIM.write(source as u32);
    }
}
