//! A command under the eswitch's state lock waits for pages, and who brings them waits for the lock.

use crate::case::{Revision, Size};
use crate::tool::{Shared, Stuck, Tool};

/// The state lock and the queue of page requests.
#[derive(Default)]
struct Room {
    locked: bool,
    posted: usize,
    served: usize,
}

/// The eswitch enables one vport after the other, each under the state lock, each with a command that firmware ends when it has
/// got the pages for as many requests as the size says. Nothing keeps it from taking the lock again before somebody who waits.
pub(crate) fn lock<T: Tool>(revision: Revision, size: Size) -> bool {
    let room = T::Shared::new(Room::default());
    let stuck = T::Shared::new(false);
    let (enabling, serving, told) = (room.clone(), room, stuck.clone());
    T::both(
        move || {
            let _: Result<(), Stuck> = enable(size, &enabling);
        },
        move || {
            if serve(revision, size, &serving).is_err() {
                told.step(|stuck| *stuck = true);
            }
        },
    );
    stuck.step(|stuck| *stuck)
}

fn enable(size: Size, room: &impl Shared<Room>) -> Result<(), Stuck> {
    for vf in 1..=size.vfs {
        room.wait(
            |room| !room.locked,
            |room| {
                room.locked = true;
                room.posted += size.requests;
            },
        )?;
        let needed = vf * size.requests;
        room.wait(move |room| room.served >= needed, |room| room.locked = false)?;
    }
    Ok(())
}

/// The worker serves one request after the other: what is behind one that does not end is not begun.
fn serve(revision: Revision, size: Size, room: &impl Shared<Room>) -> Result<(), Stuck> {
    for request in 1..=size.vfs * size.requests {
        room.wait(move |room| room.posted >= request, |room| room.served += 1)?;
        match revision {
            // The type is looked up among the vports, under the lock, once firmware has its pages. Nothing that waits is done
            // meanwhile, so having the lock is one step.
            Revision::Reviewed => room.wait(|room| !room.locked, |_| {})?,
            // The type came from a map, without a lock.
            Revision::Merged | Revision::Robust => {}
        }
    }
    Ok(())
}
