//! How firmware works on a command: service, execution, completion, event.
//!
//! A command is in service from its doorbell on, or in serial firmware from when the one before it is complete. It is executed
//! when its latency is over, it has the pages it needs, and no hold keeps it back; it is completed right after, unless a hold or
//! a rule says otherwise.

use crate::bus::Buses;
use crate::config::CommandExecution;
use crate::operations;
use crate::order::{Answer, FirmwareOrder, HoldPoint, PageRequest};
use crate::record::Record;
use crate::reply::{Refusal, Reply};
use crate::state::action::{Act, Action};
use crate::state::agenda::{DueKind, Task};
use crate::state::command::Stage;
use crate::state::numbers::{CommandNumber, RequestNumber};
use crate::state::silicon::Silicon;
use prm::event::{CommandCompletion, EventEntry};
use prm::{CommandStatus, Cycles, DeliveryStatus, Function, Opcode, Syndrome};

/// Time to find out that a command cannot be executed.
const REJECTION: Cycles = Cycles::from_micros(20);

impl Silicon {
    /// A command has been fetched: begin with it, or let it wait for its turn. MANAGE_PAGES always gets through,
    /// or a command that needs pages could never end.
    pub(crate) fn arrive(&mut self, number: CommandNumber, now: Cycles, buses: &mut dyn Buses) {
        let serial = self.config.firmware.command_execution == CommandExecution::Serial;
        let Some(command) = self.commands.get_mut(&number) else {
            return;
        };
        if serial && command.opcode != Opcode::ManagePages {
            command.stage = Stage::Queued;
            let endpoint = command.endpoint;
            if let Some(state) = self.endpoints.get_mut(&endpoint) {
                state.queue.line.queued.push_back(number);
            }
            self.serve_next(endpoint, now, buses);
        } else {
            self.begin(number, now, buses);
        }
    }

    /// Serial firmware: begins with the next command if none is being served.
    fn serve_next(&mut self, endpoint: Function, now: Cycles, buses: &mut dyn Buses) {
        while let Some(state) = self.endpoints.get_mut(&endpoint) {
            if state.queue.line.serving.is_some() || state.queue.line.queued.is_empty() {
                return;
            }
            let Some(number) = state.queue.line.queued.pop_front() else {
                return;
            };
            state.queue.line.serving = Some(number);
            self.begin(number, now, buses);
        }
    }

    /// The command no longer keeps serial firmware busy.
    fn end_service(&mut self, endpoint: Function, number: CommandNumber, now: Cycles, buses: &mut dyn Buses) {
        if let Some(state) = self.endpoints.get_mut(&endpoint)
            && state.queue.line.serving == Some(number)
        {
            state.queue.line.serving = None;
            self.serve_next(endpoint, now, buses);
        }
    }

    /// Begins to work on a command: this is where rules and holds are matched and where it asks for pages.
    fn begin(&mut self, number: CommandNumber, now: Cycles, buses: &mut dyn Buses) {
        self.acts_on(number, Action::Service, |silicon| {
            silicon.take_up(number, now, buses)
        });
    }

    fn take_up(&mut self, number: CommandNumber, now: Cycles, buses: &mut dyn Buses) {
        let Some(command) = self.commands.get_mut(&number) else {
            return;
        };
        command.stage = Stage::InService;
        if command.delivery != DeliveryStatus::Ok {
            let due = now.saturating_add(REJECTION);
            self.agenda.enter(due, DueKind::InService, Task::Complete(number));
            return;
        }
        command.answer = self.gate.answer(command);
        let latency = match command.answer {
            Some(Answer::Late { after_ms } | Answer::CompletedLate { after_ms }) => {
                Cycles::from_millis(after_ms.into())
            }
            _ => command
                .operation
                .latency
                .of(command.op_mod, command.listed_pages()),
        };
        command.due = now.saturating_add(latency);
        if command.answer == Some(Answer::Never {}) {
            self.lose(number, now, buses);
            return;
        }
        command.hold = self.gate.reserve(command);
        let endpoint = command.endpoint;
        let requests = self.demand_of(number);
        self.catch(number, HoldPoint::BeforeExecution, now, buses);
        let needs = self.post_needs(endpoint, &requests, now, buses);
        if !needs.is_empty() {
            self.waits.enter(number, needs);
        }
        self.enter_execution(number, now, buses);
    }

    /// Posts the requests a command depends on; returns the numbers of those it waits for.
    fn post_needs(
        &mut self,
        endpoint: Function,
        requests: &[PageRequest],
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Vec<RequestNumber> {
        if !requests.is_empty() && !self.takes_page_requests(endpoint) {
            let why = "a command needs pages and no event queue takes page requests";
            self.refuse(endpoint, now, why);
            return Vec::new();
        }
        let mut needs = Vec::new();
        for request in requests {
            match self.post_page_request(endpoint, request, now, buses) {
                Ok(number) if request.pages > 0 && !request.release_all => needs.extend(number),
                Ok(_) => {}
                Err(error) => self.refuse(endpoint, now, error.reason()),
            }
            self.go_on(now, buses);
        }
        needs
    }

    fn lose(&mut self, number: CommandNumber, now: Cycles, buses: &mut dyn Buses) {
        let Some(command) = self.commands.get_mut(&number) else {
            return;
        };
        command.stage = Stage::Lost;
        let endpoint = command.endpoint;
        let record = Box::new(command.record(now));
        self.make_room();
        let why = "a rule says that it never completes";
        self.records.push(Record::CommandUnfinished {
            cycles: now,
            why: why.into(),
            command: record,
        });
        self.end_service(endpoint, number, now, buses);
    }

    /// Lets the command's hold catch it if this is the point; tells whether it did.
    fn catch(&mut self, number: CommandNumber, point: HoldPoint, now: Cycles, buses: &mut dyn Buses) -> bool {
        let Some(command) = self.commands.get_mut(&number) else {
            return false;
        };
        let Some((name, _)) = command.hold.clone().filter(|(_, at)| *at == point) else {
            return false;
        };
        command.held_since = Some(now);
        let posts = self.gate.posts(&name);
        self.records.push(Record::GateCaught {
            cycles: now,
            name,
            n: number.0,
        });
        let (requests, supplier) = posts.unwrap_or_else(|| (Vec::new(), self.main_function()));
        for request in &requests {
            if let Err(error) = self.post_page_request(supplier, request, now, buses) {
                self.refuse(supplier, now, error.reason());
            }
            self.go_on(now, buses);
        }
        true
    }

    /// Lets a command go on that a hold has kept back.
    pub(crate) fn let_go(&mut self, number: CommandNumber, now: Cycles, buses: &mut dyn Buses) {
        self.acts_on(number, Action::Service, |silicon| {
            silicon.go_on_unheld(number, now, buses)
        });
    }

    fn go_on_unheld(&mut self, number: CommandNumber, now: Cycles, buses: &mut dyn Buses) {
        let Some(command) = self.commands.get_mut(&number) else {
            return;
        };
        command.hold = None;
        let was_held = command.held_since.take().is_some();
        match command.stage {
            Stage::InService if was_held => self.enter_execution(number, now, buses),
            Stage::Executed if was_held => self.complete_in_time(number, now, buses),
            Stage::Written if was_held => {
                self.acts_on(number, Action::Completion, |silicon| {
                    silicon.finish(number, now, buses)
                });
            }
            _ => {}
        }
    }

    /// Enters the execution of a command that nothing keeps back any more.
    pub(crate) fn proceed(&mut self, number: CommandNumber, now: Cycles, buses: &mut dyn Buses) {
        self.acts_on(number, Action::Service, |silicon| {
            silicon.enter_execution(number, now, buses)
        });
    }

    fn enter_execution(&mut self, number: CommandNumber, now: Cycles, buses: &mut dyn Buses) {
        let Some(command) = self.commands.get(&number) else {
            return;
        };
        if command.stage != Stage::InService
            || command.held_since.is_some()
            || !self.waits.of(number).is_empty()
        {
            return;
        }
        match command.answer {
            Some(Answer::CompletedLate { .. }) => self.execute(number, now, buses),
            Some(Answer::Late { .. }) if command.due > now => {
                self.agenda
                    .enter(command.due, DueKind::Scheduled, Task::Execute(number));
            }
            _ => {
                let at = command.due.max(now);
                self.agenda.enter(at, DueKind::InService, Task::Execute(number));
            }
        }
    }

    pub(crate) fn execute(&mut self, number: CommandNumber, at: Cycles, buses: &mut dyn Buses) {
        self.complete_after(number, at, buses, Self::execute_now);
    }

    /// The list of a command that was executed is through: what follows from that, and its completion.
    pub(crate) fn end_execution(&mut self, number: CommandNumber, at: Cycles, buses: &mut dyn Buses) {
        self.complete_after(number, at, buses, Self::executed);
    }

    fn complete_after(
        &mut self,
        number: CommandNumber,
        at: Cycles,
        buses: &mut dyn Buses,
        execution: fn(&mut Self, CommandNumber, Cycles, &mut dyn Buses) -> bool,
    ) {
        let completes = self.acts_on(number, Action::Execution, |silicon| {
            execution(silicon, number, at, buses)
        });
        if completes == Some(true) {
            self.complete(number, at, buses);
        }
    }

    /// Whether the command is to be completed now.
    fn execute_now(&mut self, number: CommandNumber, at: Cycles, buses: &mut dyn Buses) -> bool {
        let Some(command) = self.commands.get(&number) else {
            return false;
        };
        let endpoint = command.endpoint;
        let exchanges_pages = command.opcode == Opcode::ManagePages;
        let writes_register = command.opcode == Opcode::AccessReg;
        if exchanges_pages && self.chores.contains_key(&endpoint) {
            // The one before it is not through its list.
            self.agenda.enter(at, DueKind::InService, Task::Execute(number));
            return false;
        }
        let reply = match command.answer {
            Some(Answer::Refuse { status, syndrome }) => {
                if exchanges_pages {
                    self.page_command_refused(number);
                }
                Some(Reply::status(CommandStatus::from_raw(status), Syndrome(syndrome)))
            }
            Some(Answer::Accept {}) => {
                if exchanges_pages {
                    self.page_command_refused(number);
                }
                Some(Reply::ok())
            }
            // Its pages were denied.
            _ if command.reply.is_some() => Some(Reply::refused(Refusal::PagesDenied)),
            _ => self.answered(number, at, buses),
        };
        if let Some(command) = self.commands.get_mut(&number) {
            command.reply = reply;
            command.stage = Stage::Executed;
        }
        // Who has asked for a reset of firmware is answered when the others have been.
        let waits = writes_register && self.awaits_consent(endpoint, number);
        let goes_on = waits || self.enter_chore(endpoint, number, at);
        !goes_on && self.executed(number, at, buses)
    }

    /// What the operation answers. Its handler works on all of the silicon, so the command stands apart meanwhile.
    fn answered(&mut self, number: CommandNumber, at: Cycles, buses: &mut dyn Buses) -> Option<Reply> {
        let command = self.commands.remove(&number)?;
        let reply = operations::execute(self, &command, at, buses).unwrap_or_else(Reply::refused);
        self.go_on(at, buses);
        self.commands.insert(number, command);
        Some(reply)
    }

    /// A command has been executed: what follows from that, and whether it is to be completed now.
    fn executed(&mut self, number: CommandNumber, at: Cycles, buses: &mut dyn Buses) -> bool {
        let Some(command) = self.commands.get(&number) else {
            return false;
        };
        for (rule, own) in self.gate.reactions(command) {
            if rule.after_ms == 0 {
                self.react(own, &rule.then, at, buses);
            } else {
                let due = at.saturating_add(Cycles::from_millis(rule.after_ms.into()));
                self.put_off(due, DueKind::Scheduled, Task::React { rule, at: own }, at);
            }
        }
        !self.catch(number, HoldPoint::BeforeCompletion, at, buses) && self.completes_now(number, at)
    }

    fn complete_in_time(&mut self, number: CommandNumber, now: Cycles, buses: &mut dyn Buses) {
        if self.completes_now(number, now) {
            self.complete(number, now, buses);
        }
    }

    /// Whether nothing puts the completion off.
    fn completes_now(&mut self, number: CommandNumber, now: Cycles) -> bool {
        match self.commands.get(&number) {
            Some(command)
                if matches!(command.answer, Some(Answer::CompletedLate { .. })) && command.due > now =>
            {
                self.agenda
                    .enter(command.due, DueKind::Scheduled, Task::Complete(number));
                false
            }
            _ => true,
        }
    }

    /// Writes the outputs and gives the entry back.
    pub(crate) fn complete(&mut self, number: CommandNumber, at: Cycles, buses: &mut dyn Buses) {
        self.acts_on(number, Action::Completion, |silicon| {
            silicon.complete_now(number, at, buses)
        });
    }

    fn complete_now(&mut self, number: CommandNumber, at: Cycles, buses: &mut dyn Buses) {
        self.write_back(number, at, buses);
        let Some(command) = self.commands.get_mut(&number) else {
            return;
        };
        command.stage = Stage::Written;
        let endpoint = command.endpoint;
        let after = at.saturating_sub(command.rung);
        self.records.push(Record::Command(Box::new(command.record(at))));
        self.make_room();
        if after > Cycles::from_millis(self.config.timeouts.command_ms.into()) {
            self.records.push(Record::LateCompletion {
                cycles: at,
                endpoint,
                n: number.0,
                after,
            });
        }
        if !self.catch(number, HoldPoint::BeforeEvent, at, buses) {
            self.finish(number, at, buses);
        }
    }

    /// Posts the completion event; with that the command is over.
    fn finish(&mut self, number: CommandNumber, at: Cycles, buses: &mut dyn Buses) {
        let Some(command) = self.remove_command(number) else {
            return;
        };
        self.gate.forget(number);
        let endpoint = command.endpoint;
        if command.by_event && command.answer != Some(Answer::LostEvent {}) {
            let entry = EventEntry::of(&CommandCompletion::new().with_vector(1 << command.slot));
            if command.answer == Some(Answer::LostInterrupt {}) {
                self.lose_interrupt(endpoint, entry.kind());
            }
            self.post_event(endpoint, &entry, at, buses);
        }
        self.end_service(endpoint, number, at, buses);
    }

    /// Goes on with the commands that nothing keeps waiting any more.
    pub(crate) fn go_on(&mut self, now: Cycles, buses: &mut dyn Buses) {
        for number in std::mem::take(&mut self.ready) {
            self.proceed(number, now, buses);
        }
    }

    /// Carries out the orders of a reaction; what makes no sense by now goes on record.
    pub(crate) fn react(
        &mut self,
        own: Function,
        orders: &[FirmwareOrder],
        now: Cycles,
        buses: &mut dyn Buses,
    ) {
        self.acts(Act::at(own, Action::Reaction), |silicon| {
            for order in orders {
                if let Err(error) = silicon.carry_out(own, order, now, buses) {
                    silicon.refuse(own, now, error.reason());
                }
                silicon.go_on(now, buses);
            }
        });
    }
}
