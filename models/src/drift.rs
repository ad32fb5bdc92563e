//! VFs are enabled while page requests of them are served.

use crate::case::{Revision, Size};
use crate::tool::{Shared, Tool};

/// What the driver takes an owner for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unknown,
    Vf,
}

/// The driver's counters, and what it keeps to each owner.
struct Book {
    unknown: i32,
    vfs: i32,
    below_zero: bool,
    owners: Vec<(Kind, i32)>,
}

impl Book {
    fn count(&mut self, kind: Kind, pages: i32) {
        let counter = match kind {
            Kind::Unknown => &mut self.unknown,
            Kind::Vf => &mut self.vfs,
        };
        *counter += pages;
        self.below_zero |= *counter < 0;
    }

    /// Pages of an owner, under whatever the owner is by now.
    fn count_owner(&mut self, vf: usize, pages: i32) {
        self.owners[vf].1 += pages;
        self.count(self.owners[vf].0, pages);
    }

    /// An owner that was unknown takes its pages along.
    fn learn(&mut self, vf: usize, kind: Kind) {
        let (before, pages) = self.owners[vf];
        if before == Kind::Unknown && kind != before {
            self.owners[vf].0 = kind;
            self.count(before, -pages);
            self.count(kind, pages);
        }
    }
}

/// The eswitch enables one VF after the other. Firmware has asked for a page of each in turn, `requests` times, and then wants all
/// of them back. At rest no page is given any more, so every counter must be zero.
pub(crate) fn drift<T: Tool>(revision: Revision, size: Size) -> bool {
    // The walk over all vports holds a lock and finds one of them: to others it is one look at that one, as is the map.
    let vports: Vec<_> = (0..size.vfs).map(|_| T::Shared::new(Kind::Unknown)).collect();
    let book = T::Shared::new(Book {
        unknown: 0,
        vfs: 0,
        below_zero: false,
        owners: vec![(Kind::Unknown, 0); size.vfs],
    });

    let enabling = (vports.clone(), book.clone());
    let serving = (vports, book.clone());
    T::both(
        move || enable(revision, &enabling.0, &enabling.1),
        move || serve(revision, size, &serving.0, &serving.1),
    );
    book.step(|book| book.below_zero || book.unknown != 0 || book.vfs != 0)
}

fn enable(revision: Revision, vports: &[impl Shared<Kind>], book: &impl Shared<Book>) {
    for (vf, vport) in vports.iter().enumerate() {
        vport.step(|kind| *kind = Kind::Vf);
        if revision == Revision::Robust {
            book.step(|book| book.learn(vf, Kind::Vf));
        }
    }
}

/// The exchange with firmware itself touches nothing that the eswitch does: it is no step.
fn serve(revision: Revision, size: Size, vports: &[impl Shared<Kind>], book: &impl Shared<Book>) {
    let look_up = |vf: usize| vports[vf].step(|kind| *kind);
    let requests = || (0..size.vfs).cycle().take(size.requests);
    // The type that each page keeps.
    let mut kept = Vec::new();
    for vf in requests() {
        let kind = look_up(vf);
        kept.push(kind);
        book.step(|book| match revision {
            Revision::Reviewed | Revision::Merged => book.count(kind, 1),
            Revision::Robust => {
                book.learn(vf, kind);
                book.count_owner(vf, 1);
            }
        });
    }
    for (vf, kept) in requests().zip(kept) {
        match revision {
            Revision::Reviewed => {
                let kind = look_up(vf);
                book.step(|book| book.count(kind, -1));
            }
            Revision::Merged => book.step(|book| book.count(kept, -1)),
            Revision::Robust => book.step(|book| book.count_owner(vf, -1)),
        }
    }
}
