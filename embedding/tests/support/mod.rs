//! A machine with memory, and a driver just big enough to load a function and to wait for an event.

use mlx5_embedding::prm::capability::{QueryHcaCap, SetHcaCap};
use mlx5_embedding::prm::command::{Command, OutputHeader};
use mlx5_embedding::prm::command_queue::{CommandEntry, ENTRY_KIND_PCIE, Mailbox, mailboxes_for};
use mlx5_embedding::prm::event_queue::CreateEq;
use mlx5_embedding::prm::event_queue::EqContext;
use mlx5_embedding::prm::hca::{EnableHca, InitHca, SetIssi};
use mlx5_embedding::prm::init_segment as segment;
use mlx5_embedding::prm::pages::{ManagePages, QueryPages, QueryPagesOut};
use mlx5_embedding::prm::uar::{AllocUar, AllocUarOut, EqDoorbell};
use mlx5_embedding::prm::{CommandStatus, EventType, Layout, PageCount, PagesOp, QueryPagesPhase};
use mlx5_embedding::{Bar, Cycles, DmaFault, Function, Iova, MsiMessage, VirtualDevice, VmmBus};

/// Memory from address 0 on, and the interrupts that came.
#[derive(Clone, Debug)]
pub struct Machine {
    pub memory: Vec<u8>,
    pub interrupts: Vec<(Function, MsiMessage)>,
    /// The first byte that nobody has taken.
    free: usize,
}

impl Machine {
    pub fn new() -> Self {
        Self {
            memory: vec![0; 4 << 20],
            interrupts: Vec::new(),
            free: 0x1000,
        }
    }

    fn range(&self, at: Iova, bytes: usize) -> Result<std::ops::Range<usize>, DmaFault> {
        let start = usize::try_from(at.0).map_err(|_| DmaFault { at })?;
        let end = start.checked_add(bytes).filter(|end| *end <= self.memory.len());
        Ok(start..end.ok_or(DmaFault { at })?)
    }

    pub fn allocate(&mut self, bytes: usize) -> usize {
        let at = self.free;
        self.free += bytes.next_multiple_of(4096);
        at
    }
}

impl VmmBus for Machine {
    fn dma_read(&mut self, _: Function, at: Iova, into: &mut [u8]) -> Result<(), DmaFault> {
        let range = self.range(at, into.len())?;
        into.copy_from_slice(&self.memory[range]);
        Ok(())
    }

    fn dma_write(&mut self, _: Function, at: Iova, from: &[u8]) -> Result<(), DmaFault> {
        let range = self.range(at, from.len())?;
        self.memory[range].copy_from_slice(from);
        Ok(())
    }

    fn interrupt(&mut self, function: Function, message: MsiMessage) {
        self.interrupts.push((function, message));
    }
}

pub type Device = VirtualDevice<Machine>;

/// The device of a description, in a machine that nobody has used.
pub fn device(json: &str) -> Device {
    VirtualDevice::new(mlx5_embedding::device(json).unwrap(), Machine::new()).unwrap()
}

/// Time passes: to what the device does next, or a microsecond.
pub fn wait(device: &mut Device) {
    let soon = Cycles(device.now().0 + 1_000);
    let due = device.next_due().unwrap_or(soon);
    device.advance(due);
}

/// Writes a word of configuration space.
pub fn configure(device: &mut Device, function: Function, at: u16, value: u16) {
    device.config_write(function, at, &value.to_le_bytes());
}

/// The driver of one function.
pub struct Driver {
    function: Function,
    queue: usize,
}

impl Driver {
    /// Turns on memory space and bus mastering, and sets up the command queue.
    pub fn attach(device: &mut Device, function: Function) -> Self {
        configure(device, function, 0x04, 0x0006);
        let queue = device.bus_mut().allocate(4096);
        let driver = Self { function, queue };
        while driver.read(device, segment::INITIALIZING) >> 31 == 1 {
            wait(device);
        }
        driver.write(device, segment::QUEUE_ADDRESS_HIGH, 0);
        driver.write(device, segment::QUEUE_ADDRESS_LOW, u32::try_from(queue).unwrap());
        driver
    }

    pub fn read(&self, device: &mut Device, at: u64) -> u32 {
        let mut word = [0; 4];
        device.bar_read(self.function, Bar::Own, at, &mut word);
        u32::from_be_bytes(word)
    }

    pub fn write(&self, device: &mut Device, at: u64, value: u32) {
        device
            .bar_write(self.function, Bar::Own, at, &value.to_be_bytes())
            .unwrap();
    }

    fn chain(device: &mut Device, data: &[u8]) -> usize {
        let count = mailboxes_for(data.len() + 16);
        let first = device.bus_mut().allocate(count * 1024);
        for (position, part) in data.chunks(512).enumerate() {
            let at = first + position * 1024;
            let mut mailbox = Mailbox::new();
            mailbox.data_mut()[..part.len()].copy_from_slice(part);
            mailbox.set_block_number(u32::try_from(position).unwrap());
            mailbox.set_token(1);
            mailbox.set_next(if position + 1 < count { at as u64 + 1024 } else { 0 });
            let memory = &mut device.bus_mut().memory;
            memory[at..at + mailbox.as_bytes().len()].copy_from_slice(mailbox.as_bytes());
        }
        first
    }

    /// Carries out a command by looking at its entry; its output.
    pub fn run(&self, device: &mut Device, input: &[u8], out_len: usize) -> Vec<u8> {
        let inline = input.len().min(16);
        let input_mailbox = Self::chain(device, &input[inline..]);
        let output_mailbox = Self::chain(device, &vec![0; out_len.saturating_sub(16)]);
        let mut entry = CommandEntry::new()
            .with_kind(ENTRY_KIND_PCIE)
            .with_input_length(u32::try_from(input.len()).unwrap())
            .with_input_mailbox(if input.len() > 16 { input_mailbox as u64 } else { 0 })
            .with_output_mailbox(if out_len > 16 { output_mailbox as u64 } else { 0 })
            .with_output_length(u32::try_from(out_len).unwrap())
            .with_token(1)
            .with_owner(true);
        entry.inline_input_mut()[..inline].copy_from_slice(&input[..inline]);
        entry.sign();
        // MANAGE_PAGES has the last slot, all others the first.
        let slot = if input[..2] == [0x01, 0x08] { 31 } else { 0 };
        let at = self.queue + slot * 64;
        device.bus_mut().memory[at..at + 64].copy_from_slice(entry.as_bytes());
        self.write(device, segment::COMMAND_DOORBELL, 1 << slot);
        while entry.owner() {
            wait(device);
            entry = CommandEntry::from_bytes(&device.bus().memory[at..at + 64]).unwrap();
        }
        let mut output = entry.inline_output().to_vec();
        for position in 0..out_len.saturating_sub(16).div_ceil(512) {
            let at = output_mailbox + position * 1024;
            output.extend_from_slice(&device.bus().memory[at..at + 512]);
        }
        let status = OutputHeader::from_prefix(&output).unwrap().command_status();
        assert_eq!(
            (entry.delivery_status(), status),
            (0, CommandStatus::Ok),
            "{input:x?}"
        );
        output
    }

    pub fn command<C: Command>(&self, device: &mut Device, input: &C::In) -> Vec<u8> {
        self.run(device, input.as_bytes(), C::OUTPUT_LENGTH)
    }

    /// Gives pages of the function's own.
    pub fn give(&self, device: &mut Device, count: u32) {
        let head = ManagePages::input()
            .with_op_mod(PagesOp::Give.raw())
            .with_entry_count(count);
        let first = device.bus_mut().allocate(count as usize * 4096) as u64;
        let addresses = (0..u64::from(count)).flat_map(|page| (first + page * 4096).to_be_bytes());
        let input: Vec<u8> = head.as_bytes().iter().copied().chain(addresses).collect();
        self.run(device, &input, 16);
    }

    fn startup_pages(&self, device: &mut Device, phase: QueryPagesPhase) {
        let input = QueryPages::input().with_op_mod(phase.raw());
        let output = self.command::<QueryPages>(device, &input);
        let wanted = QueryPagesOut::from_prefix(&output).unwrap();
        let count = PageCount::from_bits(wanted.page_count()).0;
        self.give(device, u32::try_from(count).unwrap());
    }

    /// ENABLE_HCA to INIT_HCA, where owners are named by function ids.
    pub fn start(&self, device: &mut Device) {
        self.command::<EnableHca>(device, &EnableHca::input());
        self.command::<SetIssi>(device, &SetIssi::input().with_current_issi(1));
        self.startup_pages(device, QueryPagesPhase::Boot);
        let output = self.command::<QueryHcaCap>(device, &QueryHcaCap::input());
        let input = [SetHcaCap::input().as_bytes(), &output[16..16 + 4096]].concat();
        self.run(device, &input, 16);
        self.startup_pages(device, QueryPagesPhase::Init);
        self.command::<InitHca>(device, &InitHca::input());
    }

    /// Creates and arms a queue for page requests on a vector.
    pub fn create_queue(&self, device: &mut Device, vector: u16) {
        let output = self.command::<AllocUar>(device, &AllocUar::input());
        let uar = AllocUarOut::from_prefix(&output).unwrap().uar();
        let buffer = device.bus_mut().allocate(4096);
        device.bus_mut().memory[buffer..buffer + 4096].fill(0xff);
        let mut head = CreateEq::input().with_event_bitmask_0(1 << EventType::PageRequest.raw());
        let context = EqContext::new()
            .with_log_eq_size(4)
            .with_uar_page(uar)
            .with_intr(vector);
        head.set_context(&context);
        let input = [head.as_bytes(), (buffer as u64).to_be_bytes().as_slice()].concat();
        let output = self.run(device, &input, 16);
        let doorbell = EqDoorbell::new().with_eq_number(output[11]).to_word();
        self.write(device, u64::from(uar) * 4096 + 0x40, doorbell);
    }
}
