//! What a race needs of a tool. Races are written once over it.

/// A tool that chooses who comes next.
pub(crate) trait Tool: 'static {
    /// What two share under this tool.
    type Shared<T: Send + 'static>: Shared<T>;

    /// Lets two do their work at the same time, until both are done.
    fn both(one: impl FnOnce() + Send + 'static, other: impl FnOnce() + Send + 'static);
}

/// A value that two share. Before each access to it the tool chooses who comes next.
pub(crate) trait Shared<T>: Clone + Send + 'static {
    fn new(value: T) -> Self;

    /// Does something to the value that nobody can come between.
    fn step<R>(&self, step: impl FnOnce(&mut T) -> R) -> R;

    /// Does a step as soon as the value is ready for it.
    ///
    /// # Errors
    /// [`Stuck`] to both of the two, if the other one waits already: a wait that would never end is given up, because a tool that
    /// finds nobody to let run panics, and loom does not survive that.
    fn wait<R>(
        &self,
        ready: impl Fn(&T) -> bool + Clone + Send + 'static,
        step: impl FnOnce(&mut T) -> R,
    ) -> Result<R, Stuck>;
}

/// The two wait for each other.
pub(crate) struct Stuck;

/// Makes a shared value of what a tool has in place of the standard library: loom and shuttle have the same.
macro_rules! shared {
    ($tool:ident) => {
        use std::sync::{Arc, PoisonError};
        use $tool::sync::{Mutex, MutexGuard};
        use $tool::thread::{Thread, current, park};

        /// A value under a mutex. Whoever holds it asks for nothing else, so the mutex keeps nobody from anything.
        pub(crate) struct Guarded<T>(Arc<Mutex<Inside<T>>>);

        struct Inside<T> {
            value: T,
            waiter: Option<Waiter<T>>,
            stuck: bool,
        }

        /// Who waits, and what for. Nobody is woken in vain: each time somebody looks is one more choice for the tool.
        struct Waiter<T> {
            thread: Thread,
            ready: Box<dyn Fn(&T) -> bool + Send>,
        }

        impl<T> Guarded<T> {
            fn lock(&self) -> MutexGuard<'_, Inside<T>> {
                self.0.lock().unwrap_or_else(PoisonError::into_inner)
            }
        }

        impl<T> Inside<T> {
            fn change<R>(&mut self, step: impl FnOnce(&mut T) -> R) -> R {
                let result = step(&mut self.value);
                let value = &self.value;
                let fulfilled = |waiter: &mut Waiter<T>| (waiter.ready)(value);
                if let Some(waiter) = self.waiter.take_if(fulfilled) {
                    waiter.thread.unpark();
                }
                result
            }
        }

        impl<T> Clone for Guarded<T> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<T: Send + 'static> $crate::tool::Shared<T> for Guarded<T> {
            fn new(value: T) -> Self {
                Self(Arc::new(Mutex::new(Inside {
                    value,
                    waiter: None,
                    stuck: false,
                })))
            }

            fn step<R>(&self, step: impl FnOnce(&mut T) -> R) -> R {
                self.lock().change(step)
            }

            fn wait<R>(
                &self,
                ready: impl Fn(&T) -> bool + Clone + Send + 'static,
                step: impl FnOnce(&mut T) -> R,
            ) -> Result<R, $crate::tool::Stuck> {
                let mut inside = self.lock();
                loop {
                    if inside.stuck {
                        return Err($crate::tool::Stuck);
                    }
                    if ready(&inside.value) {
                        return Ok(inside.change(step));
                    }
                    let me = current();
                    match inside
                        .waiter
                        .take_if(|waiter| waiter.thread.id() != me.id())
                    {
                        Some(other) => {
                            inside.stuck = true;
                            other.thread.unpark();
                        }
                        None => {
                            inside.waiter = Some(Waiter {
                                thread: me,
                                ready: Box::new(ready.clone()),
                            });
                            drop(inside);
                            park();
                            inside = self.lock();
                        }
                    }
                }
            }
        }
    };
}

pub(crate) use shared;
