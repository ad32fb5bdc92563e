//! Mailboxes: where command input and output beyond 16 bytes lie, and the pool they come from.
//!
//! The pool keeps its free list *inside* the free blocks, in memory the device can write, as the kernel's DMA pool does:
//! the first 16 bytes of a free block hold the next free block and the block's own bus address. A device that
//! writes into a block after it was freed therefore changes what later allocations get: a wrong bus address, and the end
//! of the list.

#[cfg(test)]
mod tests;

use crate::device_bus::{Bus, BusFailure};
use crate::message::MessageKind;
use prm::command_queue::{MAILBOX_DATA_LENGTH, MAILBOX_STRIDE, Mailbox};
use prm::link::OutOfMemory;
use prm::saturated;
use prm::{Iova, Token};
use std::hash::{Hash, Hasher};

/// Bytes the pool takes from the host at a time.
const CHUNK_LENGTH: u64 = 4096;

/// Numbers of blocks for which input chains are kept ready, and how many of each kind at most (`mlx5_cmd`'s caches). They
/// hold their own blocks, which never enter the free list.
const CACHES: [(usize, usize); 5] = [(1, 512), (2, 32), (16, 16), (256, 8), (512, 2)];

/// One mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Block {
    /// Where the driver reads and writes it.
    memory: Iova,
    /// What the driver tells the device. The same, unless the free list was overwritten.
    bus: Iova,
}

/// Where a chain goes when it is not needed any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Home {
    Pool,
    Cache(usize),
}

/// The mailboxes of one input or output.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chain {
    blocks: Vec<Block>,
    home: Home,
}

impl Chain {
    /// A chain without mailboxes: the data fits into the queue entry.
    pub(crate) const fn empty() -> Self {
        Self {
            blocks: Vec::new(),
            home: Home::Pool,
        }
    }

    /// Where the driver believes the mailboxes to be.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Iova> {
        self.blocks.iter().map(|block| block.memory)
    }

    /// What the queue entry says of the chain.
    pub(crate) fn first(&self) -> Iova {
        self.blocks.first().map_or(Iova(0), |block| block.bus)
    }

    /// Links the mailboxes and fills them with `data`, which may be shorter than they are.
    pub(crate) fn write(&self, bus: &mut Bus, token: Token, data: &[u8]) {
        let mut rest = data;
        for (index, block) in self.blocks.iter().enumerate() {
            let (now, later) = rest.split_at(rest.len().min(MAILBOX_DATA_LENGTH));
            rest = later;
            let mut mailbox = Mailbox::default();
            mailbox.data_mut()[..now.len()].copy_from_slice(now);
            mailbox.set_next(self.blocks.get(index + 1).map_or(0, |next| next.bus.0));
            mailbox.set_block_number(saturated::<u32>(index));
            mailbox.set_token(token.0);
            bus.write_memory(block.memory, mailbox.as_bytes());
        }
    }

    /// Reads as many bytes as `into` has, from where the driver believes the data to be.
    ///
    /// # Errors
    /// [`BusFailure`] when memory cannot be reached; `into` means nothing then.
    pub(crate) fn read(&self, bus: &Bus, into: &mut [u8]) -> Result<(), BusFailure> {
        for (block, part) in self.blocks.iter().zip(into.chunks_mut(MAILBOX_DATA_LENGTH)) {
            bus.read_memory(block.memory, part)?;
        }
        Ok(())
    }
}

/// The pool and the caches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mailboxes {
    /// First free block; 0 if there is none.
    head: Iova,
    /// What the host gave, in ascending order.
    chunks: Vec<Iova>,
    /// Chunks of the caches' blocks, with their lengths.
    cache_chunks: Vec<(Iova, u64)>,
    /// Chains that wait for reuse, by cache.
    cached: [Vec<Vec<Block>>; CACHES.len()],
    /// Chains that exist, by cache.
    cache_sizes: [usize; CACHES.len()],
}

impl Hash for Mailboxes {
    /// Which free mailbox is the next is no matter as long as nobody else writes to it: see [`Mailboxes::free_blocks`].
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            head,
            chunks,
            cache_chunks,
            cached,
            cache_sizes,
        } = self;
        (head.0 == 0, chunks.len(), cache_chunks.len(), cache_sizes).hash(state);
        cached.iter().for_each(|chains| chains.len().hash(state));
    }
}

impl Mailboxes {
    /// The free mailboxes, the next one first: their order is in memory that the device could write to.
    pub(crate) fn free_blocks(&self, bus: &Bus) -> Vec<Iova> {
        let most = self.chunks.len() * usize::try_from(CHUNK_LENGTH / MAILBOX_STRIDE).unwrap_or(0);
        let following = std::iter::successors(Some(self.head), |&block| {
            let mut link = [0; 16];
            bus.read_memory(block, &mut link).ok()?;
            Some(split(link).0)
        });
        let cached = self.cached.iter().flatten().flatten().map(|block| block.memory);
        let pool = following.take_while(|&block| block != Iova(0)).take(most);
        pool.chain(cached).collect()
    }

    /// Output mailboxes, zeroed.
    pub(crate) fn allocate_output(
        &mut self,
        count: usize,
        bus: &mut Bus,
        print: &mut dyn FnMut(MessageKind),
    ) -> Result<Chain, OutOfMemory> {
        if count == 0 {
            return Ok(Chain::empty());
        }
        bus.allocate("mailbox")?;
        self.allocate_blocks(count, bus, print)
    }

    /// Input mailboxes, out of the smallest cache that holds enough, or else out of the pool.
    pub(crate) fn allocate_input(
        &mut self,
        count: usize,
        bus: &mut Bus,
        print: &mut dyn FnMut(MessageKind),
    ) -> Result<Chain, OutOfMemory> {
        if count == 0 {
            return Ok(Chain::empty());
        }
        for (cache, &(blocks, limit)) in CACHES.iter().enumerate() {
            if blocks < count {
                continue;
            }
            if let Some(mut chain) = self.take_cached(cache, blocks, limit, bus)? {
                // The rest of the blocks stays with the cache's chain; it is found again by its first block.
                chain.truncate(count);
                return Ok(Chain {
                    blocks: chain,
                    home: Home::Cache(cache),
                });
            }
        }
        bus.allocate("mailbox")?;
        self.allocate_blocks(count, bus, print)
    }

    fn take_cached(
        &mut self,
        cache: usize,
        blocks: usize,
        limit: usize,
        bus: &mut Bus,
    ) -> Result<Option<Vec<Block>>, OutOfMemory> {
        if let Some(chain) = self.cached[cache].pop() {
            return Ok(Some(chain));
        }
        if self.cache_sizes[cache] == limit {
            return Ok(None);
        }
        // The kernel fills its caches when the command interface is enabled. Filling them as they are used makes
        // no difference to a device and keeps small runs small.
        let bytes = (blocks as u64 * MAILBOX_STRIDE).next_multiple_of(CHUNK_LENGTH);
        let chunk = bus.allocate_coherent(bytes)?;
        self.cache_chunks.push((chunk, bytes));
        self.cache_sizes[cache] += 1;
        let block = |index: u64| {
            let memory = Iova(chunk.0 + index * MAILBOX_STRIDE);
            Block { memory, bus: memory }
        };
        Ok(Some((0..blocks as u64).map(block).collect()))
    }

    fn allocate_blocks(
        &mut self,
        count: usize,
        bus: &mut Bus,
        print: &mut dyn FnMut(MessageKind),
    ) -> Result<Chain, OutOfMemory> {
        let mut chain = Chain {
            blocks: Vec::with_capacity(count),
            home: Home::Pool,
        };
        for _ in 0..count {
            match self.pop(bus, print) {
                Ok(block) => chain.blocks.push(block),
                Err(no_memory) => {
                    self.free(chain, bus);
                    return Err(no_memory);
                }
            }
        }
        // Each block goes in front of those before it: the first one out of the pool ends the chain.
        chain.blocks.reverse();
        Ok(chain)
    }

    /// Gives a chain back. Its memory is another's from now on, even if the device still writes it.
    pub(crate) fn free(&mut self, chain: Chain, bus: &mut Bus) {
        match chain.home {
            Home::Pool => {
                for block in chain.blocks {
                    self.push(block, bus);
                }
            }
            Home::Cache(cache) => {
                let Some(first) = chain.blocks.first() else { return };
                let block = |index: u64| {
                    let memory = Iova(first.memory.0 + index * MAILBOX_STRIDE);
                    Block { memory, bus: memory }
                };
                // INVARIANT: a cache's chain lies in one chunk, so its first block tells the others.
                self.cached[cache].push((0..CACHES[cache].0 as u64).map(block).collect());
            }
        }
    }

    /// Gives all memory back to the host.
    pub(crate) fn release(&mut self, bus: &mut Bus) {
        let this = std::mem::take(self);
        for chunk in this.chunks {
            bus.free_coherent(chunk, CHUNK_LENGTH);
        }
        for (chunk, bytes) in this.cache_chunks {
            bus.free_coherent(chunk, bytes);
        }
    }

    fn pop(&mut self, bus: &mut Bus, print: &mut dyn FnMut(MessageKind)) -> Result<Block, OutOfMemory> {
        if self.head == Iova(0) {
            self.grow(bus)?;
        }
        let memory = self.head;
        let mut link = [0; 16];
        // A block whose link cannot be read is no block to hand out.
        bus.read_memory(memory, &mut link).map_err(|_| OutOfMemory)?;
        let (next, address) = split(link);
        self.head = if next == Iova(0) || self.is_block(next) {
            next
        } else {
            print(MessageKind::MailboxPoolCorrupted { block: memory });
            Iova(0)
        };
        bus.write_memory(memory, Mailbox::default().as_bytes());
        Ok(Block { memory, bus: address })
    }

    fn push(&mut self, block: Block, bus: &mut Bus) {
        bus.write_memory(block.memory, &join(self.head, block.bus));
        self.head = block.memory;
    }

    fn grow(&mut self, bus: &mut Bus) -> Result<(), OutOfMemory> {
        let chunk = bus.allocate_coherent(CHUNK_LENGTH)?;
        let place = self.chunks.partition_point(|&other| other < chunk);
        self.chunks.insert(place, chunk);
        for offset in (0..CHUNK_LENGTH / MAILBOX_STRIDE)
            .rev()
            .map(|index| index * MAILBOX_STRIDE)
        {
            let memory = Iova(chunk.0 + offset);
            self.push(Block { memory, bus: memory }, bus);
        }
        Ok(())
    }

    fn is_block(&self, at: Iova) -> bool {
        let Some(index) = self.chunks.partition_point(|&chunk| chunk <= at).checked_sub(1) else {
            return false;
        };
        let offset = at.0 - self.chunks[index].0;
        offset < CHUNK_LENGTH && offset.is_multiple_of(MAILBOX_STRIDE)
    }
}

/// A free block's link in the host's byte order: next free block, own bus address.
fn join(next: Iova, bus: Iova) -> [u8; 16] {
    (u128::from(bus.0) << 64 | u128::from(next.0)).to_le_bytes()
}

fn split(link: [u8; 16]) -> (Iova, Iova) {
    let [n0, n1, n2, n3, n4, n5, n6, n7, b0, b1, b2, b3, b4, b5, b6, b7] = link;
    let next = u64::from_le_bytes([n0, n1, n2, n3, n4, n5, n6, n7]);
    let bus = u64::from_le_bytes([b0, b1, b2, b3, b4, b5, b6, b7]);
    (Iova(next), Iova(bus))
}
