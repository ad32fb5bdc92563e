//! Puts the device behind a bus as a virtual machine monitor has one, and does what a guest's kernel does first: looks at
//! configuration space, places BAR 0, programs an MSI-X vector, sets up the command queue and runs a command.

use mlx5_embedding::device_pci::MSIX_TABLE;
use mlx5_embedding::prm::command::OutputHeader;
use mlx5_embedding::prm::command_queue::{CommandEntry, ENTRY_KIND_PCIE};
use mlx5_embedding::prm::hca::EnableHca;
use mlx5_embedding::prm::{Command, CommandStatus, init_segment};
use mlx5_embedding::{Bar, DmaFault, Function, Iova, MsiMessage, VirtualDevice, VmmBus};
use std::error::Error;
use std::ops::Range;

/// The machine: its memory from address 0 on, and the interrupts that its processors have yet to take.
struct Machine {
    memory: Vec<u8>,
    interrupts: Vec<MsiMessage>,
}

/// Where an access lies in the memory, if all of it does.
fn range(at: Iova, bytes: usize) -> Result<Range<usize>, DmaFault> {
    let start = usize::try_from(at.0).map_err(|_| DmaFault { at })?;
    Ok(start..start.checked_add(bytes).ok_or(DmaFault { at })?)
}

impl VmmBus for Machine {
    fn dma_read(&mut self, _: Function, at: Iova, into: &mut [u8]) -> Result<(), DmaFault> {
        let memory = self.memory.get(range(at, into.len())?);
        into.copy_from_slice(memory.ok_or(DmaFault { at })?);
        Ok(())
    }

    fn dma_write(&mut self, _: Function, at: Iova, from: &[u8]) -> Result<(), DmaFault> {
        let memory = self.memory.get_mut(range(at, from.len())?);
        memory.ok_or(DmaFault { at })?.copy_from_slice(from);
        Ok(())
    }

    fn interrupt(&mut self, _: Function, message: MsiMessage) {
        self.interrupts.push(message);
    }
}

const PF: Function = Function::Pf;
/// Where the guest has the command queue.
const QUEUE: usize = 0x1000;

fn main() -> Result<(), Box<dyn Error>> {
    let config = r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "func_id" }"#;
    let machine = Machine {
        memory: vec![0; 1 << 20],
        interrupts: Vec::new(),
    };
    let mut device = VirtualDevice::new(mlx5_embedding::device(config)?, machine)?;

    // Configuration space: vendor and device, the size of BAR 0, its place, memory space and bus mastering.
    let mut id = [0; 4];
    device.config_read(PF, 0x00, &mut id);
    assert_eq!(id, [0xb3, 0x15, 0x1b, 0x10]);
    device.config_write(PF, 0x10, &[0xff; 8]);
    let mut bar = [0; 8];
    device.config_read(PF, 0x10, &mut bar);
    assert_eq!(!(u64::from_le_bytes(bar) & !0xf) + 1, 4 << 20);
    device.config_write(PF, 0x10, &0x2_0000_0000_u64.to_le_bytes());
    device.config_write(PF, 0x04, &0x0006_u16.to_le_bytes());
    assert_eq!(device.windows()[0].addresses, 0x2_0000_0000..0x2_0040_0000);

    // Vector 0 of MSI-X, and MSI-X itself: Message Control is at 0x4a.
    let entry = [0xfee0_0000_u32, 0, 0x41, 0].map(u32::to_le_bytes).concat();
    device.bar_write(PF, Bar::Own, MSIX_TABLE, &entry)?;
    device.config_write(PF, 0x4a, &0x8000_u16.to_le_bytes());

    // The initialisation segment: wait until the device is up, then tell where the command queue is.
    while read(&mut device, init_segment::INITIALIZING) >> 31 == 1 {
        wait(&mut device);
    }
    write(&mut device, init_segment::QUEUE_ADDRESS_HIGH, 0)?;
    write(
        &mut device,
        init_segment::QUEUE_ADDRESS_LOW,
        u32::try_from(QUEUE)?,
    )?;

    // ENABLE_HCA, 16 bytes of input and 12 of output: an entry in slot 0, the doorbell, and a look at the owner bit until the device has given it back.
    let mut command = CommandEntry::new()
        .with_kind(ENTRY_KIND_PCIE)
        .with_input_length(16)
        .with_output_length(12)
        .with_token(1)
        .with_owner(true);
    command
        .inline_input_mut()
        .copy_from_slice(EnableHca::input().as_bytes());
    command.sign();
    device.bus_mut().memory[QUEUE..QUEUE + 64].copy_from_slice(command.as_bytes());
    write(&mut device, init_segment::COMMAND_DOORBELL, 1)?;
    while command.owner() {
        wait(&mut device);
        command = CommandEntry::from_bytes(&device.bus().memory[QUEUE..QUEUE + 64])?;
    }
    let output = OutputHeader::from_prefix(command.inline_output())?;
    assert_eq!(output.command_status(), CommandStatus::Ok);
    println!("ENABLE_HCA has completed after {} ns", device.now().0);
    assert!(
        device.bus().interrupts.is_empty(),
        "nobody has created an event queue yet"
    );
    Ok(())
}

/// A register of BAR 0: a big-endian word.
fn read(device: &mut VirtualDevice<Machine>, at: u64) -> u32 {
    let mut word = [0; 4];
    device.bar_read(PF, Bar::Own, at, &mut word);
    u32::from_be_bytes(word)
}

fn write(
    device: &mut VirtualDevice<Machine>,
    at: u64,
    value: u32,
) -> Result<(), mlx5_embedding::PartialWrite> {
    device.bar_write(PF, Bar::Own, at, &value.to_be_bytes())
}

/// Time passes: to what the device does next, or a microsecond.
fn wait(device: &mut VirtualDevice<Machine>) {
    let soon = mlx5_embedding::Cycles(device.now().0 + 1_000);
    let due = device.next_due().unwrap_or(soon);
    device.advance(due);
}
