//! Concurrency: tasks that are `async fn`, scheduling points that say what they touch, and an executor that picks who runs.
//!
//! * `access` - the vocabulary of shared objects
//! * `announcement` - what a step says before it is taken
//! * `reach` - what a task may ever touch
//! * `role` - what a task is for
//! * `schedule` - who runs next
//! * `executor` - tasks, waits, deadlines, who was told of what
//! * `race_points` - named places where a run may be paused
//! * `exploring` - what an explorer of interleavings does with tasks
//! * `work_queue` - first-in first-out queues with one worker, as data

mod access;
mod announcement;
mod executor;
mod exploring;
mod race_points;
mod reach;
mod role;
mod schedule;
mod work_queue;

pub use access::{Access, DriverId, Object, RACE_POINTS, TaskId, Use, WORKER_CRASHED};
pub use announcement::{Announcement, Surprise};
pub use executor::{Point, RunStop, Runtime, TaskView, Waiting, Woken};
pub use exploring::ReadyTask;
pub use reach::{Declaration, Kind, Reach};
pub use role::{TaskPurpose, TaskRole};
pub use schedule::{Candidate, Choice, InOrder, Recorded, ScheduleMismatch, Scheduler, Seeded};
pub use work_queue::WorkQueue;
