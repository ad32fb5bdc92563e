//! The host's memory, 4 KiB frame by frame, as sparse as its use.
//!
//! Frames live in chunks, chunks in directories. A chunk costs one byte per frame until somebody writes: then 32 bytes
//! per frame for the first line, where firmware keeps its signature, and 4 KiB for a frame that is written anywhere else.
//! A run of frames that was given back is the first to be handed out again to whoever wants one of its length, as the kernel's
//! allocator tends to; only without one do the numbers go on ascending. A frame is cleared when it is given back, and a chunk
//! goes away with its last frame.
//!
//! A copy shares directories, chunks and frames until one of the two writes there.

use crate::frames::{FRAME_BYTES, FrameUse, Frames};
use prm::link::{BusError, OutOfMemory};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes at the start of a frame that are kept without giving the frame memory of its own.
const LINE_BYTES: usize = 32;

const CHUNK_FRAMES: usize = 256;
const DIRECTORY_CHUNKS: usize = 1024;

#[derive(Clone, Debug)]
struct Chunk {
    uses: [FrameUse; CHUNK_FRAMES],
    live: u16,
    lines: Option<Arc<[[u8; LINE_BYTES]; CHUNK_FRAMES]>>,
    full: Option<Arc<[FullFrame; CHUNK_FRAMES]>>,
}

type FullFrame = Option<Arc<[u8; FRAME_BYTES]>>;

impl Default for Chunk {
    fn default() -> Self {
        Self {
            uses: [FrameUse::Free; CHUNK_FRAMES],
            live: 0,
            lines: None,
            full: None,
        }
    }
}

impl Chunk {
    fn read(&self, frame: usize, offset: usize, into: &mut [u8]) {
        if let Some(bytes) = self.full.as_ref().and_then(|full| full[frame].as_ref()) {
            into.copy_from_slice(&bytes[offset..offset + into.len()]);
            return;
        }
        into.fill(0);
        if let Some(lines) = &self.lines
            && offset < LINE_BYTES
        {
            let end = LINE_BYTES.min(offset + into.len());
            into[..end - offset].copy_from_slice(&lines[frame][offset..end]);
        }
    }

    fn write(&mut self, frame: usize, offset: usize, from: &[u8]) {
        if let Some(full) = self.full.as_mut().filter(|full| full[frame].is_some())
            && let Some(bytes) = &mut Arc::make_mut(full)[frame]
        {
            let bytes = Arc::make_mut(bytes);
            bytes[offset..offset + from.len()].copy_from_slice(from);
            return;
        }
        let end = offset + from.len();
        if end <= LINE_BYTES {
            let lines = self
                .lines
                .get_or_insert_with(|| Arc::new([[0; LINE_BYTES]; CHUNK_FRAMES]));
            Arc::make_mut(lines)[frame][offset..end].copy_from_slice(from);
            return;
        }
        let mut bytes = [0; FRAME_BYTES];
        if let Some(lines) = &self.lines {
            bytes[..LINE_BYTES].copy_from_slice(&lines[frame]);
        }
        bytes[offset..end].copy_from_slice(from);
        let full = self
            .full
            .get_or_insert_with(|| Arc::new([const { None }; CHUNK_FRAMES]));
        Arc::make_mut(full)[frame] = Some(Arc::new(bytes));
    }

    fn clear(&mut self, frame: usize) {
        if let Some(full) = self.full.as_mut().filter(|full| full[frame].is_some()) {
            Arc::make_mut(full)[frame] = None;
        }
        if let Some(lines) = self
            .lines
            .as_mut()
            .filter(|lines| lines[frame] != [0; LINE_BYTES])
        {
            Arc::make_mut(lines)[frame] = [0; LINE_BYTES];
        }
    }
}

#[derive(Clone, Debug)]
struct Directory {
    chunks: Vec<Option<Arc<Chunk>>>,
    live: usize,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            chunks: vec![None; DIRECTORY_CHUNKS],
            live: 0,
        }
    }
}

/// Frames that a host has unless somebody says otherwise: 8 GiB. A device may ask for as many pages as numbers reach.
const ROOM: u64 = 1 << 21;

/// Every frame there has been.
#[derive(Clone, Debug)]
pub struct FrameTable {
    directories: Vec<Option<Arc<Directory>>>,
    /// The first number that was never handed out.
    next: u64,
    /// Frames that there are.
    room: u64,
    /// Runs that were given back, by their length, the last one last.
    free: BTreeMap<u64, Vec<u64>>,
}

impl Default for FrameTable {
    fn default() -> Self {
        Self {
            directories: Vec::new(),
            next: 0,
            room: ROOM,
            free: BTreeMap::new(),
        }
    }
}

/// Where a frame is in the table.
struct Place {
    directory: usize,
    chunk: usize,
    frame: usize,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "frame numbers count what was allocated in this process"
)]
const fn place(frame: u64) -> Place {
    let frame = frame as usize;
    Place {
        directory: frame / (CHUNK_FRAMES * DIRECTORY_CHUNKS),
        chunk: frame / CHUNK_FRAMES % DIRECTORY_CHUNKS,
        frame: frame % CHUNK_FRAMES,
    }
}

impl Frames for FrameTable {
    fn take(&mut self, count: u64, alignment: u64, usage: FrameUse) -> Result<u64, OutOfMemory> {
        let again = self.free.get_mut(&count).and_then(Vec::pop);
        let first = match again {
            Some(first) => first,
            None => self.fresh(count, alignment)?,
        };
        debug_assert!(first.is_multiple_of(alignment), "one length, one alignment");
        for frame in first..first + count {
            let place = place(frame);
            let chunk = self.chunk_or_insert(&place);
            chunk.uses[place.frame] = usage;
            chunk.live += 1;
            if again.is_none() && place.frame == 0 && frame > 0 {
                self.drop_if_empty(frame - 1);
            }
        }
        Ok(first)
    }

    fn put(&mut self, first: u64, count: u64) -> Result<(), BusError> {
        for frame in first..first + count {
            self.put_frame(frame);
        }
        self.free.entry(count).or_default().push(first);
        Ok(())
    }

    #[inline]
    fn usage(&self, frame: u64) -> FrameUse {
        let place = place(frame);
        self.chunk(&place)
            .map_or(FrameUse::Free, |chunk| chunk.uses[place.frame])
    }

    #[inline]
    fn set_usage(&mut self, first: u64, count: u64, usage: FrameUse) -> Result<(), BusError> {
        for frame in first..first + count {
            let place = place(frame);
            if let Some(chunk) = self.chunk_mut(&place) {
                chunk.uses[place.frame] = usage;
            }
        }
        Ok(())
    }

    #[inline]
    fn read(&self, frame: u64, offset: usize, into: &mut [u8]) -> Result<(), BusError> {
        let place = place(frame);
        match self.chunk(&place) {
            Some(chunk) => chunk.read(place.frame, offset, into),
            None => into.fill(0),
        }
        Ok(())
    }

    #[inline]
    fn write(&mut self, frame: u64, offset: usize, from: &[u8]) -> Result<(), BusError> {
        let place = place(frame);
        if let Some(chunk) = self.chunk_mut(&place) {
            chunk.write(place.frame, offset, from);
        }
        Ok(())
    }
}

impl FrameTable {
    /// From here on the host has so many frames; those that are taken stay so.
    pub const fn set_room(&mut self, frames: u64) {
        self.room = frames;
    }

    /// A run of frames that nobody has had yet.
    fn fresh(&mut self, count: u64, alignment: u64) -> Result<u64, OutOfMemory> {
        let first = self.next.next_multiple_of(alignment);
        let end = first.checked_add(count).filter(|&end| end <= self.room);
        self.next = end.ok_or(OutOfMemory)?;
        Ok(first)
    }

    fn put_frame(&mut self, frame: u64) {
        let place = place(frame);
        let Some(chunk) = self.chunk_mut(&place) else {
            return;
        };
        if chunk.uses[place.frame] == FrameUse::Free {
            return;
        }
        chunk.uses[place.frame] = FrameUse::Free;
        chunk.clear(place.frame);
        chunk.live -= 1;
        if chunk.live == 0 {
            self.drop_if_empty(frame);
        }
    }

    fn chunk(&self, place: &Place) -> Option<&Chunk> {
        let directory = self.directories.get(place.directory)?.as_deref()?;
        directory.chunks[place.chunk].as_deref()
    }

    fn chunk_mut(&mut self, place: &Place) -> Option<&mut Chunk> {
        let directory = Arc::make_mut(self.directories.get_mut(place.directory)?.as_mut()?);
        directory.chunks[place.chunk].as_mut().map(Arc::make_mut)
    }

    fn chunk_or_insert(&mut self, place: &Place) -> &mut Chunk {
        if self.directories.len() <= place.directory {
            self.directories.resize(place.directory + 1, None);
        }
        let directory = Arc::make_mut(self.directories[place.directory].get_or_insert_default());
        let slot = &mut directory.chunks[place.chunk];
        if slot.is_none() {
            directory.live += 1;
        }
        Arc::make_mut(slot.get_or_insert_default())
    }

    /// Drops the chunk of `frame` when nobody has a frame of it and all of it has been handed out once. It comes back with the first
    /// of its frames that is handed out again.
    fn drop_if_empty(&mut self, frame: u64) {
        let chunk_end = (frame / CHUNK_FRAMES as u64 + 1) * CHUNK_FRAMES as u64;
        let place = place(frame);
        let Some(Some(directory)) = self.directories.get_mut(place.directory) else {
            return;
        };
        let directory = Arc::make_mut(directory);
        let slot = &mut directory.chunks[place.chunk];
        let gone = slot.as_ref().is_some_and(|chunk| chunk.live == 0) && chunk_end <= self.next;
        if gone {
            *slot = None;
            directory.live -= 1;
            if directory.live == 0 {
                self.directories[place.directory] = None;
            }
        }
    }

    /// How many chunks hold memory.
    #[cfg(test)]
    fn chunks(&self) -> usize {
        self.directories
            .iter()
            .flatten()
            .map(|directory| directory.live)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_go_with_their_last_frame_and_come_back_with_the_first_one_taken_again() {
        let mut table = FrameTable::default();
        let first = table.take(1000, 1, FrameUse::Allocated).unwrap();
        assert_eq!(table.chunks(), 4);
        table.put(first, 1000).unwrap();
        assert_eq!(
            table.chunks(),
            1,
            "the chunk that still has frames to hand out stays"
        );
        table.take(24, 1, FrameUse::Allocated).unwrap();
        assert_eq!(table.take(1, 1, FrameUse::Allocated).unwrap(), 1024);
        assert_eq!(table.chunks(), 2);
        assert_eq!(table.take(1000, 1, FrameUse::Allocated).unwrap(), first);
        assert_eq!(table.chunks(), 5);
    }

    #[test]
    fn a_chunk_that_empties_before_its_last_frame_is_taken_goes_later() {
        let mut table = FrameTable::default();
        let first = table.take(200, 1, FrameUse::Allocated).unwrap();
        table.put(first, 200).unwrap();
        let rest = table.take(56, 1, FrameUse::Allocated).unwrap();
        table.put(rest, 56).unwrap();
        assert_eq!(table.chunks(), 0);
        table.take(1, 1, FrameUse::Allocated).unwrap();
        assert_eq!(table.chunks(), 1);
    }

    #[test]
    fn the_run_given_back_last_is_taken_first_and_is_clear() {
        let mut table = FrameTable::default();
        let runs: Vec<u64> = (0..3)
            .map(|_| table.take(2, 2, FrameUse::Mapped).unwrap())
            .collect();
        table.write(runs[1] + 1, 0, &[7; 32]).unwrap();
        table.write(runs[1] + 1, 4000, &[7; 32]).unwrap();
        table.put(runs[0], 2).unwrap();
        table.put(runs[1], 2).unwrap();
        assert_eq!(table.usage(runs[1]), FrameUse::Free);
        let other = table.take(1, 1, FrameUse::Allocated).unwrap();
        assert_eq!(other, 6, "a run is not split");
        assert_eq!(table.take(2, 2, FrameUse::Mapped).unwrap(), runs[1]);
        assert_eq!(table.take(2, 2, FrameUse::Mapped).unwrap(), runs[0]);
        let mut line = [1; 32];
        table.read(runs[1] + 1, 0, &mut line).unwrap();
        assert_eq!(line, [0; 32]);
        table.read(runs[1] + 1, 4000, &mut line).unwrap();
        assert_eq!(line, [0; 32]);
    }

    #[test]
    fn a_host_whose_memory_is_used_up_gives_no_more_until_some_is_given_back() {
        let mut table = FrameTable::default();
        table.set_room(5);
        let first = table.take(2, 2, FrameUse::Mapped).unwrap();
        table.take(2, 2, FrameUse::Mapped).unwrap();
        assert_eq!(table.take(2, 2, FrameUse::Mapped), Err(OutOfMemory));
        assert_eq!(table.take(u64::MAX, 1, FrameUse::Mapped), Err(OutOfMemory));
        table.put(first, 2).unwrap();
        assert_eq!(table.take(2, 2, FrameUse::Mapped), Ok(first));
        assert_eq!(table.take(1, 1, FrameUse::Mapped), Ok(4));
    }

    #[test]
    fn what_is_written_reads_back_and_the_rest_is_zero() {
        let mut table = FrameTable::default();
        let frame = table.take(2, 1, FrameUse::Coherent).unwrap();
        table.write(frame, 0, &[7; 32]).unwrap();
        let mut line = [1; 40];
        table.read(frame, 0, &mut line).unwrap();
        assert_eq!(line[..32], [7; 32]);
        assert_eq!(line[32..], [0; 8]);
        table.write(frame, 30, &[9; 4]).unwrap();
        table.read(frame, 28, &mut line[..8]).unwrap();
        assert_eq!(line[..8], [7, 7, 9, 9, 9, 9, 0, 0]);
        table.read(frame + 1, 4000, &mut line).unwrap();
        assert_eq!(line, [0; 40]);
    }
}
