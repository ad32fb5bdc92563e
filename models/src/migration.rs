//! The boot pages move to another key while others of them are freed.

use crate::case::{Revision, Size};
use crate::tool::{Shared, Tool};

/// How a page is freed.
#[derive(Clone, Copy)]
pub(crate) enum Freeing {
    /// Its key is read, and then the root is looked up.
    KeyThenRoot,
    /// Nobody can come in between.
    UnderOneLock,
}

#[derive(Clone, Copy)]
enum Key {
    Old,
    New,
}

/// The boot pages: under which keys their root is found, and which key each page carries.
struct Boot {
    old: bool,
    new: bool,
    carried: Vec<Key>,
    lost: bool,
}

impl Boot {
    /// A page is freed whose key was read. Without a root it stays in a tree that nobody frees it from any more.
    fn free(&mut self, key: Key) {
        let found = match key {
            Key::Old => self.old,
            Key::New => self.new,
        };
        self.lost |= !found;
    }
}

/// The root gets a second key, the pages are told, and the first key goes, in the order of the revision. The pages that are freed
/// are those that are told first: they carry the old key for the shortest time.
pub(crate) fn migration<T: Tool>(revision: Revision, size: Size, freeing: Freeing) -> bool {
    let boot = T::Shared::new(Boot {
        old: true,
        new: false,
        carried: vec![Key::Old; size.vfs],
        lost: false,
    });
    let (moved, freed) = (boot.clone(), boot.clone());
    T::both(
        move || move_over(revision, size, &moved),
        move || free(size, freeing, &freed),
    );
    boot.step(|boot| boot.lost)
}

fn move_over(revision: Revision, size: Size, boot: &impl Shared<Boot>) {
    let erase = || boot.step(|boot| boot.old = false);
    let retag = || {
        for page in 0..size.vfs {
            boot.step(|boot| boot.carried[page] = Key::New);
        }
    };
    boot.step(|boot| boot.new = true);
    match revision {
        Revision::Reviewed => {
            erase();
            retag();
        }
        Revision::Merged => {
            retag();
            erase();
        }
        Revision::Robust => boot.step(|boot| {
            boot.carried.fill(Key::New);
            boot.old = false;
        }),
    }
}

fn free(size: Size, freeing: Freeing, boot: &impl Shared<Boot>) {
    for page in 0..size.requests.min(size.vfs) {
        match freeing {
            Freeing::KeyThenRoot => {
                let key = boot.step(|boot| boot.carried[page]);
                boot.step(|boot| boot.free(key));
            }
            Freeing::UnderOneLock => boot.step(|boot| boot.free(boot.carried[page])),
        }
    }
}
