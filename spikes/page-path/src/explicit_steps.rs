//! Way 2: every actor is an enum of program counters. `announce` says what it does next, `advance` where it goes
//! then. The whole world is `Copy`.

use crate::exploration::World;
use crate::model::{
    FunctionType, OWN_FUNCTION, Observation, Operation, PAGES_PER_REQUEST, PagesByType, Policy, Request,
    Shape, Shared, TerminalOutcome, fingerprint_of,
};
use crate::{MAX_ACTORS, Role, role_of};

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Actor {
    PageWorker { served: u8, at: PageWorker },
    PageFirmware { executed: u8, at: PageFirmware },
    CommandFirmware { needed: u8, at: CommandFirmware },
    Demand { function: u8, posted: u8, waited: bool },
    Enable { function: u8, at: Enable },
    Finished,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum PageWorker {
    PopRequest,
    ReadTypeMapEntry(Request),
    AddPages(Request, FunctionType),
    CountGiven(Request, FunctionType),
    TakePageSlot(Request),
    PostPageCommand(Request),
    AwaitPageCompletion(Request),
    FreePageSlot(Request),
    RemovePages(Request),
    LockState(Request),
    ReadVhcaId(Request),
    UnlockState(Request, FunctionType),
    Count(PagesByType),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum PageFirmware {
    ReceivePageCommand,
    ChangeLedger(Request),
    CompletePageCommand,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum CommandFirmware {
    ReceiveEnable,
    PushRequest,
    WaitUntilHeld,
    CompleteEnable,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Enable {
    LockState,
    Issue,
    Await,
    LearnVhcaId,
    InsertTypeMapEntry,
    UnlockState,
}

impl PageWorker {
    fn announce(self) -> Operation {
        match self {
            Self::PopRequest => Operation::PopRequest,
            Self::ReadTypeMapEntry(request) => Operation::ReadTypeMapEntry(request.function),
            Self::AddPages(Request { function, pages }, function_type) => Operation::AddPages {
                function,
                function_type,
                pages,
            },
            Self::CountGiven(request, function_type) => {
                Operation::Count(PagesByType::of(function_type, request.pages))
            }
            Self::TakePageSlot(_) => Operation::TakePageSlot,
            Self::PostPageCommand(request) => Operation::PostPageCommand(request),
            Self::AwaitPageCompletion(_) => Operation::AwaitPageCompletion,
            Self::FreePageSlot(_) => Operation::FreePageSlot,
            Self::RemovePages(request) => Operation::RemovePages(request),
            Self::LockState(_) => Operation::LockState,
            Self::ReadVhcaId(request) => Operation::ReadVhcaId(request.function),
            Self::UnlockState(..) => Operation::UnlockState,
            Self::Count(change) => Operation::Count(change),
        }
    }

    /// The next program counter within the request; none when the request has been served.
    fn advance(self, policy: Policy, seen: Observation) -> Option<Self> {
        Some(match (self, seen) {
            (Self::PopRequest, Observation::Request(request)) => match (request.is_give(), policy) {
                (false, _) => Self::TakePageSlot(request),
                (true, Policy::Reviewed) => Self::AddPages(request, FunctionType::None),
                (true, Policy::Merged) if request.function == OWN_FUNCTION => {
                    Self::AddPages(request, FunctionType::Own)
                }
                (true, Policy::Merged) => Self::ReadTypeMapEntry(request),
            },
            (Self::ReadTypeMapEntry(request), Observation::FunctionType(function_type)) => {
                Self::AddPages(request, function_type)
            }
            (Self::AddPages(request, function_type), _) => match policy {
                Policy::Reviewed => Self::TakePageSlot(request),
                Policy::Merged => Self::CountGiven(request, function_type),
            },
            (Self::CountGiven(request, _), _) => Self::TakePageSlot(request),
            (Self::TakePageSlot(request), _) => Self::PostPageCommand(request),
            (Self::PostPageCommand(request), _) => Self::AwaitPageCompletion(request),
            (Self::AwaitPageCompletion(request), _) => Self::FreePageSlot(request),
            (Self::FreePageSlot(request), _) => match (request.is_give(), policy) {
                (false, _) => Self::RemovePages(request),
                (true, Policy::Reviewed) => Self::look_up_type(request),
                (true, Policy::Merged) => return None,
            },
            (Self::RemovePages(request), Observation::Freed(freed)) => match policy {
                Policy::Reviewed => Self::look_up_type(request),
                Policy::Merged => Self::Count(freed.negated()),
            },
            (Self::LockState(request), _) => Self::ReadVhcaId(request),
            (Self::ReadVhcaId(request), Observation::FunctionType(function_type)) => {
                Self::UnlockState(request, function_type)
            }
            (Self::UnlockState(request, function_type), _) => {
                Self::Count(PagesByType::of(function_type, request.pages))
            }
            (Self::Count(_), _) => return None,
            (at, seen) => unreachable!("{at:?} observed {seen:?}"),
        })
    }

    fn look_up_type(request: Request) -> Self {
        if request.function == OWN_FUNCTION {
            Self::Count(PagesByType::of(FunctionType::Own, request.pages))
        } else {
            Self::LockState(request)
        }
    }
}

impl Actor {
    fn start(shape: Shape, actor: usize) -> Self {
        match role_of(shape, actor) {
            Role::PageWorker => Self::PageWorker {
                served: 0,
                at: PageWorker::PopRequest,
            },
            Role::PageFirmware => Self::PageFirmware {
                executed: 0,
                at: PageFirmware::ReceivePageCommand,
            },
            Role::CommandFirmware => Self::CommandFirmware {
                needed: 1,
                at: CommandFirmware::ReceiveEnable,
            },
            Role::Demand { function } => Self::Demand {
                function,
                posted: 0,
                waited: false,
            },
            Role::Enable { function } => Self::Enable {
                function,
                at: Enable::LockState,
            },
        }
    }

    fn announce(self, shape: Shape) -> Option<Operation> {
        Some(match self {
            Self::PageWorker { at, .. } => at.announce(),
            Self::PageFirmware { at, .. } => match at {
                PageFirmware::ReceivePageCommand => Operation::ReceivePageCommand,
                PageFirmware::ChangeLedger(request) => Operation::ChangeLedger(request),
                PageFirmware::CompletePageCommand => Operation::CompletePageCommand,
            },
            Self::CommandFirmware { needed, at } => match at {
                CommandFirmware::ReceiveEnable => Operation::ReceiveEnable,
                CommandFirmware::PushRequest => Operation::PushRequest(Request {
                    function: OWN_FUNCTION,
                    pages: 1,
                }),
                CommandFirmware::WaitUntilHeld => Operation::WaitUntilHeld {
                    function: OWN_FUNCTION,
                    at_least: needed.cast_signed(),
                },
                CommandFirmware::CompleteEnable => Operation::CompleteEnable,
            },
            Self::Demand { function, posted, .. } if posted < shape.gives_per_vport() => {
                Operation::PushRequest(Request {
                    function,
                    pages: PAGES_PER_REQUEST,
                })
            }
            Self::Demand {
                function,
                waited: false,
                ..
            } => Operation::WaitUntilHeld {
                function,
                at_least: PAGES_PER_REQUEST,
            },
            Self::Demand {
                function,
                waited: true,
                ..
            } => Operation::PushRequest(Request {
                function,
                pages: -PAGES_PER_REQUEST,
            }),
            Self::Enable { function, at } => match at {
                Enable::LockState => Operation::LockState,
                Enable::Issue => Operation::IssueEnable,
                Enable::Await => Operation::AwaitEnable,
                Enable::LearnVhcaId => Operation::LearnVhcaId(function),
                Enable::InsertTypeMapEntry => Operation::InsertTypeMapEntry(function),
                Enable::UnlockState => Operation::UnlockState,
            },
            Self::Finished => return None,
        })
    }

    fn advance(self, shape: Shape, seen: Observation) -> Self {
        match self {
            Self::PageWorker { served, at } => match at.advance(shape.policy, seen) {
                Some(at) => Self::PageWorker { served, at },
                None if served + 1 == shape.requests_in_total() => Self::Finished,
                None => Self::PageWorker {
                    served: served + 1,
                    at: PageWorker::PopRequest,
                },
            },
            Self::PageFirmware { executed, at } => match (at, seen) {
                (PageFirmware::ReceivePageCommand, Observation::Request(request)) => Self::PageFirmware {
                    executed,
                    at: PageFirmware::ChangeLedger(request),
                },
                (PageFirmware::ChangeLedger(_), _) => Self::PageFirmware {
                    executed,
                    at: PageFirmware::CompletePageCommand,
                },
                (PageFirmware::CompletePageCommand, _) if executed + 1 < shape.requests_in_total() => {
                    Self::PageFirmware {
                        executed: executed + 1,
                        at: PageFirmware::ReceivePageCommand,
                    }
                }
                (PageFirmware::CompletePageCommand, _) => Self::Finished,
                (at, seen) => unreachable!("{at:?} observed {seen:?}"),
            },
            Self::CommandFirmware { needed, at } => match at {
                CommandFirmware::ReceiveEnable => Self::CommandFirmware {
                    needed,
                    at: CommandFirmware::PushRequest,
                },
                CommandFirmware::PushRequest => Self::CommandFirmware {
                    needed,
                    at: CommandFirmware::WaitUntilHeld,
                },
                CommandFirmware::WaitUntilHeld => Self::CommandFirmware {
                    needed,
                    at: CommandFirmware::CompleteEnable,
                },
                CommandFirmware::CompleteEnable if needed < shape.vports => Self::CommandFirmware {
                    needed: needed + 1,
                    at: CommandFirmware::ReceiveEnable,
                },
                CommandFirmware::CompleteEnable => Self::Finished,
            },
            Self::Demand {
                function,
                posted,
                waited: false,
            } if posted >= shape.gives_per_vport() => Self::Demand {
                function,
                posted,
                waited: true,
            },
            Self::Demand { posted, .. } if posted + 1 == shape.requests_per_vport => Self::Finished,
            Self::Demand { function, posted, .. } => Self::Demand {
                function,
                posted: posted + 1,
                waited: false,
            },
            Self::Enable { function, at } => {
                let at = match (at, shape.policy) {
                    (Enable::LockState, _) => Enable::Issue,
                    (Enable::Issue, _) => Enable::Await,
                    (Enable::Await, _) => Enable::LearnVhcaId,
                    (Enable::LearnVhcaId, Policy::Merged) => Enable::InsertTypeMapEntry,
                    (Enable::LearnVhcaId, Policy::Reviewed) => Enable::UnlockState,
                    (Enable::InsertTypeMapEntry, _) => Enable::UnlockState,
                    (Enable::UnlockState, _) => return Self::Finished,
                };
                Self::Enable { function, at }
            }
            Self::Finished => unreachable!("a finished actor was scheduled"),
        }
    }
}

/// The whole world as plain data.
#[derive(Clone, Copy)]
pub struct ExplicitState {
    shape: Shape,
    shared: Shared,
    actors: [Actor; MAX_ACTORS],
}

impl ExplicitState {
    pub fn start(shape: Shape) -> Self {
        let mut actors = [Actor::Finished; MAX_ACTORS];
        for (number, actor) in actors.iter_mut().enumerate().take(crate::actor_count(shape)) {
            *actor = Actor::start(shape, number);
        }
        Self {
            shape,
            shared: Shared::default(),
            actors,
        }
    }
}

impl World for ExplicitState {
    fn announced(&self, actor: usize) -> Option<Operation> {
        self.actors[actor].announce(self.shape)
    }

    fn actors(&self) -> usize {
        crate::actor_count(self.shape)
    }

    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn step(&mut self, actor: usize, operation: Operation) {
        let seen = self.shared.apply(operation);
        self.actors[actor] = self.actors[actor].advance(self.shape, seen);
    }

    fn fingerprint(&self) -> u64 {
        fingerprint_of(&(self.shared, self.actors))
    }

    fn outcome(&self) -> TerminalOutcome {
        crate::exploration::outcome_of(self)
    }
}
