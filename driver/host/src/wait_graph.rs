//! Who waits for whom: tasks for locks, slots and each other, commands for pages, page requests for the worker that
//! serves them one after another.
//!
//! A lock, a command that is outstanding under it, the pages that the command needs and the worker that cannot give them because
//! it wants the lock: none of these edges is in one program alone, so the graph is built over both.

use crate::machine::Machine;
use crate::wait_cycle::WaitCycle;
use crate::world::World;
use driver::Driver;
use driver::runtime::{Object, TaskId, TaskName, TaskPurpose, TaskRole};
use prm::Function;
use prm::link::DeviceWaits;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Task(TaskId),
    /// A command, by its number.
    Command(u64),
    /// A request for pages of an owner, in words, at its supplier.
    Request(Function, String),
}

struct Edge {
    to: Node,
    words: String,
    lock: Option<String>,
}

/// Every cycle that goes through a lock, at most one per lock.
pub(crate) fn cycles<M: Machine>(world: &World<M>) -> Vec<WaitCycle> {
    let holders: Vec<_> = world
        .drivers()
        .flat_map(|(_, _, driver)| driver.lock_holders())
        .collect();
    if holders.is_empty() {
        return Vec::new();
    }
    let firmware = world.machine_mut().device_waits();
    let graph = graph(world, &firmware);
    let starts = graph
        .iter()
        .flat_map(|(from, edges)| edges.iter().map(move |edge| (from, edge)));
    let mut found: Vec<WaitCycle> = Vec::new();
    for (from, edge) in starts {
        let Some(lock) = &edge.lock else { continue };
        if found.iter().any(|cycle| cycle.lock == *lock) {
            continue;
        }
        let mut links = vec![edge.words.clone()];
        if leads_to(&graph, &edge.to, from, &mut links, &mut Vec::new()) {
            found.push(WaitCycle {
                at: world.now(),
                lock: lock.clone(),
                links,
            });
        }
    }
    found
}

type Graph = BTreeMap<Node, Vec<Edge>>;

/// Whether `goal` can be reached from `node`; `links` gets the way.
fn leads_to<'a>(
    graph: &'a Graph,
    node: &'a Node,
    goal: &Node,
    links: &mut Vec<String>,
    visited: &mut Vec<&'a Node>,
) -> bool {
    if node == goal {
        return true;
    }
    if visited.contains(&node) {
        return false;
    }
    visited.push(node);
    for edge in graph.get(node).into_iter().flatten() {
        links.push(edge.words.clone());
        if leads_to(graph, &edge.to, goal, links, visited) {
            return true;
        }
        links.pop();
    }
    false
}

fn graph<M: Machine>(world: &World<M>, firmware: &DeviceWaits) -> Graph {
    let tasks = world.runtime().tasks();
    let names: BTreeMap<TaskId, String> = tasks
        .iter()
        .map(|task| (task.id, task.name.to_string()))
        .collect();
    let mut graph = Graph::new();
    for (endpoint, _, driver) in world.drivers() {
        let serves = TaskPurpose {
            function: endpoint,
            role: TaskRole::PageWorker,
        };
        let worker = tasks
            .iter()
            .find(|task| task.purpose == serves)
            .map(|task| task.id);
        for task in &tasks {
            let Some(waiting) = task.waiting.filter(|waiting| waiting.driver == driver.id()) else {
                continue;
            };
            let edges = graph.entry(Node::Task(task.id)).or_default();
            edges.extend(edge_of(
                firmware,
                endpoint,
                driver,
                task.name,
                waiting.object,
                worker,
                &names,
            ));
        }
        add_firmware(firmware, endpoint, worker, &names, &mut graph);
    }
    graph
}

/// What a task that waits for `object` waits for.
fn edge_of(
    firmware: &DeviceWaits,
    endpoint: Function,
    driver: &Driver,
    name: TaskName,
    object: Object,
    worker: Option<TaskId>,
    names: &BTreeMap<TaskId, String>,
) -> Option<Edge> {
    let named = |task: TaskId| names.get(&task).cloned().unwrap_or_default();
    if let Some((_, holder)) = driver
        .lock_holders()
        .into_iter()
        .find(|(lock, _)| *lock == object)
    {
        return Some(Edge {
            to: Node::Task(holder),
            words: format!("{name} waits for {object:?}, held by {}", named(holder)),
            lock: Some(format!("{object:?}")),
        });
    }
    match object {
        Object::CommandSlot(slot) => {
            let command = firmware
                .commands
                .iter()
                .find(|command| command.endpoint == endpoint && command.slot == slot)?;
            Some(Edge {
                to: Node::Command(command.n),
                words: format!("{name} waits for {}", command.opcode),
                lock: None,
            })
        }
        Object::Task(task) => Some(Edge {
            to: Node::Task(task),
            words: format!("{name} waits for {}", named(task)),
            lock: None,
        }),
        Object::PageQueue => worker.map(|worker| Edge {
            to: Node::Task(worker),
            words: format!("{name} waits for the page queue, served by {}", named(worker)),
            lock: None,
        }),
        _ => None,
    }
}

/// Commands wait for pages, requests for pages wait for the worker.
fn add_firmware(
    firmware: &DeviceWaits,
    endpoint: Function,
    worker: Option<TaskId>,
    names: &BTreeMap<TaskId, String>,
    graph: &mut Graph,
) {
    let commands = firmware.commands.iter();
    for command in commands.filter(|command| command.endpoint == endpoint) {
        for owner in &command.needs {
            graph.entry(Node::Command(command.n)).or_default().push(Edge {
                to: Node::Request(endpoint, owner.clone()),
                words: format!("{} needs pages for {owner}", command.opcode),
                lock: None,
            });
        }
    }
    let Some(worker) = worker else { return };
    let named = names.get(&worker).cloned().unwrap_or_default();
    for request in &firmware.requests {
        if request.supplier == endpoint && request.pages > 0 {
            graph
                .entry(Node::Request(endpoint, request.owner.clone()))
                .or_default()
                .push(Edge {
                    to: Node::Task(worker),
                    words: format!(
                        "the request for {} pages for {} waits behind {named}",
                        request.pages, request.owner
                    ),
                    lock: None,
                });
        }
    }
}
