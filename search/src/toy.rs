//! A system to search in tests: threads that run short programs on shared cells.

use crate::system::{Candidate, Conflict, Ended, System, Taken};

/// What a thread does in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// Reads a cell into its own register.
    Read(usize),
    /// Writes its register, plus so much, into a cell.
    Write(usize, u8),
    /// Goes on only when the cell is not 0.
    Await(usize),
}

/// See the module's head.
#[derive(Clone, Debug)]
pub(crate) struct Toy {
    programs: Vec<Vec<Op>>,
    places: Vec<usize>,
    registers: Vec<u8>,
    cells: Vec<u8>,
    /// A cell above this is a flaw.
    most: u8,
}

#[derive(Clone, Debug)]
pub(crate) struct Cell {
    cell: usize,
    writes: bool,
}

impl Conflict for Cell {
    fn conflicts_with(&self, other: &Self) -> bool {
        self.cell == other.cell && (self.writes || other.writes)
    }
}

impl Toy {
    pub(crate) fn new(programs: Vec<Vec<Op>>, cells: usize, most: u8) -> Self {
        Self {
            places: vec![0; programs.len()],
            registers: vec![0; programs.len()],
            cells: vec![0; cells],
            programs,
            most,
        }
    }

    fn touches(op: Op) -> Cell {
        match op {
            Op::Read(cell) | Op::Await(cell) => Cell { cell, writes: false },
            Op::Write(cell, _) => Cell { cell, writes: true },
        }
    }

    fn next(&self, thread: usize) -> Option<Op> {
        self.programs[thread].get(self.places[thread]).copied()
    }
}

impl System for Toy {
    type Choice = usize;
    type Actor = usize;
    type Standing = Self;
    type Touched = Cell;
    type Flaw = u8;
    type End = Vec<u8>;
    type Halt = ();

    fn candidates(&mut self) -> Vec<Candidate<usize, usize>> {
        let threads = (0..self.programs.len()).filter(|&thread| match self.next(thread) {
            None => false,
            Some(Op::Await(cell)) => self.cells[cell] != 0,
            Some(_) => true,
        });
        threads
            .map(|thread| Candidate {
                choice: thread,
                actor: thread,
            })
            .collect()
    }

    fn enough(&mut self, candidates: &[Candidate<usize, usize>]) -> Vec<usize> {
        // One whose next cell nobody else will ever touch.
        let alone = candidates.iter().position(|candidate| {
            let Some(op) = self.next(candidate.actor) else {
                return false;
            };
            let touched = Self::touches(op);
            let others = (0..self.programs.len()).filter(|&other| other != candidate.actor);
            let mut left = others.flat_map(|other| self.programs[other][self.places[other]..].iter());
            !left.any(|&op| Self::touches(op).conflicts_with(&touched))
        });
        alone.map_or_else(|| (0..candidates.len()).collect(), |alone| vec![alone])
    }

    fn take(&mut self, thread: usize) -> Result<Taken<Cell, u8>, ()> {
        let op = self.next(thread).ok_or(())?;
        self.places[thread] += 1;
        match op {
            Op::Read(cell) => self.registers[thread] = self.cells[cell],
            Op::Write(cell, more) => self.cells[cell] = self.registers[thread] + more,
            Op::Await(_) => {}
        }
        Ok(Taken {
            touched: Self::touches(op),
            flaws: self
                .cells
                .iter()
                .copied()
                .filter(|&cell| cell > self.most)
                .collect(),
        })
    }

    fn standing(&self) -> Self {
        self.clone()
    }

    fn go_back(&mut self, standing: &Self) {
        self.clone_from(standing);
    }

    fn fingerprint(&self) -> u64 {
        let all = self.places.iter().map(|&place| place as u64);
        let all = all.chain(
            self.registers
                .iter()
                .chain(&self.cells)
                .map(|&value| u64::from(value)),
        );
        all.fold(0x9e37_79b9_7f4a_7c15, |hash, value| {
            (hash ^ value).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(29)
        })
    }

    fn end(&mut self) -> Result<Ended<Vec<u8>, u8>, ()> {
        Ok(Ended {
            end: self.cells.clone(),
            flaws: Vec::new(),
        })
    }

    fn name_hash(&self, thread: usize) -> u64 {
        thread as u64
    }
}
