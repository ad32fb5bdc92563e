//! Concurrency: tasks that are `async fn`, scheduling points that say what they touch, and an executor that runs one task at a time.
//!
//! * `access` - the vocabulary of shared objects
//! * `announcement` - what a step says before it is taken
//! * `reach` - what a task may ever touch
//! * `role` - what a task is for
//! * `executor` - tasks, waits, deadlines, who was told of what
//! * `race_points` - named places where a run may be paused
//! * `history` - what a task has seen
//! * `looks` - looks at what it waits for, which leave nothing behind
//! * `standing` - a copy of all tasks where they stand
//! * `stop` - why tasks cannot go on
//! * `exploring` - what an explorer of interleavings does with tasks
//! * `work_queue` - first-in first-out queues with one worker, as data

mod access;
mod announcement;
mod executor;
mod exploring;
mod history;
mod looks;
mod race_points;
mod reach;
mod role;
mod standing;
mod stop;
mod work_queue;

pub use access::{Access, DriverId, Object, RACE_POINTS, TaskId, Use, WORKER_CRASHED};
pub use announcement::{Announcement, Surprise};
pub use executor::{Point, Runtime, TaskView, Waiting, Woken};
pub use exploring::{ReadyTask, Sleep, Sleeper};
pub use history::LookMark;
pub use reach::{Declaration, Kind, Reach};
pub use role::{TaskName, TaskPurpose, TaskRole};
pub use standing::TasksStanding;
pub use stop::RunStop;
pub use work_queue::WorkQueue;
