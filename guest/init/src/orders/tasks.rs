//! Who of the kernel is busy: its threads, and the threads of orders.

use guest_protocol::Task;
use std::fs;
use std::path::Path;

/// What the name of an order's thread begins with.
const ORDER: &str = "order-";

/// Threads of the kernel that run now and then by themselves and do nobody's work.
const NOBODYS: [&str; 4] = ["rcu_", "kauditd", "khungtaskd", "kcompactd"];

/// The tasks that run or wait, but for the one that asks, idle ones, and those that do nobody's work.
pub fn busy() -> Vec<Task> {
    let own = fs::read_link("/proc/thread-self").unwrap_or_default();
    let own = own.file_name().map(|name| name.to_string_lossy().into_owned());
    let processes = numbers(Path::new("/proc")).into_iter();
    let threads = numbers(Path::new("/proc/self/task")).into_iter();
    let kernel = processes.filter_map(|pid| of_kernel(&format!("/proc/{pid}")));
    let orders = threads
        .filter(|tid| Some(tid) != own.as_ref())
        .filter_map(|tid| of_order(&format!("/proc/self/task/{tid}")));
    kernel.chain(orders).collect()
}

fn of_kernel(folder: &str) -> Option<Task> {
    let stat = Stat::read(folder)?;
    let works = stat.is_of_kernel && !NOBODYS.iter().any(|name| stat.name.starts_with(name));
    works.then(|| stat.task(folder)).flatten()
}

fn of_order(folder: &str) -> Option<Task> {
    let stat = Stat::read(folder)?;
    stat.name.starts_with(ORDER).then(|| stat.task(folder)).flatten()
}

/// The numbers that a folder of proc has entries for.
fn numbers(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()));
    names
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .collect()
}

/// What `stat` says of a task.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    name: String,
    state: char,
    /// Whether it is a thread of the kernel: those are children of number 2.
    is_of_kernel: bool,
}

impl Stat {
    /// A task may end while it is looked at.
    fn read(folder: &str) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("{folder}/stat")).ok()?)
    }

    /// `17 (kworker/0:1) I 2 0 0 ...`; a name may have blanks and brackets.
    fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.rsplit_once(')')?;
        let (_, name) = head.split_once('(')?;
        let mut words = rest.split_whitespace();
        Some(Self {
            name: name.to_owned(),
            state: words.next()?.chars().next()?,
            is_of_kernel: words.next()? == "2",
        })
    }

    /// The task, if it is not idle: threads of the kernel are idle in a state of its own, or interruptibly.
    fn task(self, folder: &str) -> Option<Task> {
        let runs = self.state == 'R';
        let waits = match self.state {
            'D' => true,
            'S' => !self.is_of_kernel,
            _ => false,
        };
        (runs || waits).then(|| {
            let place = place(&fs::read_to_string(format!("{folder}/stack")).unwrap_or_default());
            // Where a task was that has woken up meanwhile says nothing.
            let has_woken = Self::read(folder).is_some_and(|now| now.state == 'R');
            Task {
                place,
                name: self.name,
                runs: runs || has_woken,
            }
        })
    }
}

/// The functions of a stack: `[<0>] msleep+0x2d/0x40` is in `msleep`.
fn place(stack: &str) -> Vec<String> {
    let functions = stack.lines().filter_map(|line| {
        let function = line.split_whitespace().nth(1)?;
        Some(function.split('+').next()?.to_owned())
    });
    functions.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_told_by_its_name_state_and_parent() {
        let stat = Stat::parse("17 (kworker/0:1 (x)) D 2 0 0 0 -1").expect("a task");
        assert_eq!((stat.name.as_str(), stat.state), ("kworker/0:1 (x)", 'D'));
        assert!(stat.is_of_kernel);
        assert_eq!(Stat::parse("17 kworker"), None);
    }

    #[test]
    fn idle_threads_are_no_work_and_waiting_orders_are() {
        let task = |text: &str| Stat::parse(text).and_then(|stat| stat.task("/nowhere"));
        assert_eq!(task("5 (kworker/0:0) I 2 0"), None);
        assert_eq!(task("6 (kthreadd) S 2 0"), None);
        assert!(task("7 (order-3) S 1 0").is_some_and(|task| !task.runs));
        assert!(task("8 (kworker/0:1) R 2 0").is_some_and(|task| task.runs));
    }

    #[test]
    fn a_stack_is_its_functions() {
        let stack = "[<0>] msleep+0x2d/0x40\n[<0>] mlx5_wait_for_pages+0x7/0x9 [mlx5_core]\n";
        assert_eq!(place(stack), ["msleep", "mlx5_wait_for_pages"]);
        assert_eq!(place(""), [] as [&str; 0]);
    }
}
