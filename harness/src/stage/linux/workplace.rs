//! Where one worker runs scenarios on Linux, on whichever build of the driver each of them needs.

use super::backend::LinuxBackend;
use super::boot_files::BootFiles;
use super::error::BackendError;
use driver::RevisionName;
use guest::kit::{Kit, KitOptions};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What guests boot from, by kit, once somebody has made it. Workers share it.
#[derive(Debug, Default)]
pub struct Shelf(Mutex<BTreeMap<KitOptions, Arc<BootFiles>>>);

impl Shelf {
    /// Nothing is made yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// What guests of a kit boot from; `made` hears of a kit that was not used before.
    ///
    /// # Errors
    /// As [`BootFiles::make`].
    pub fn files(
        &self,
        options: &KitOptions,
        made: impl FnOnce(&Kit),
    ) -> Result<Arc<BootFiles>, BackendError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = all.get(options) {
            return Ok(Arc::clone(files));
        }
        let files = Arc::new(BootFiles::make(options)?);
        made(files.kit());
        all.insert(options.clone(), Arc::clone(&files));
        Ok(files)
    }
}

/// See the module's head. It has one guest at a time.
#[derive(Default)]
pub struct Workplace {
    /// The kit of the last run, and its guests.
    last: Option<(KitOptions, LinuxBackend)>,
}

impl Workplace {
    /// The backend for a kit, judged as `judged_as`: that of the last run if it has the same, else another one from `shelf`, and the
    /// guest of the last run ends. `prepare` is called for a new one; `made` as in [`Shelf::files`].
    ///
    /// # Errors
    /// As [`BootFiles::make`], and what `prepare` says.
    pub fn backend(
        &mut self,
        options: &KitOptions,
        (judged_as, full): (RevisionName, bool),
        shelf: &Shelf,
        made: impl FnOnce(&Kit),
        prepare: impl FnOnce(&mut LinuxBackend) -> Result<(), BackendError>,
    ) -> Result<&mut LinuxBackend, BackendError> {
        let last = self.last.take().filter(|(of, _)| of == options);
        let (_, backend) = match last {
            Some(last) => self.last.insert(last),
            None => {
                let files = shelf.files(options, made)?;
                let mut backend = LinuxBackend::booting(files, options, judged_as, full);
                prepare(&mut backend)?;
                self.last.insert((options.clone(), backend))
            }
        };
        backend.judge_as(judged_as);
        Ok(backend)
    }
}
