//! What firmware and host do within the interface.

use crate::swarm::draft::Drawing;
use crate::swarm::frame::{Kind, is_life};
use driver::HostOperation;
use emulator::order::{
    Answer, AnswerRule, CommandMatch, FirmwareOrder, FunctionsChanged, Hold, HoldPoint, PageRequest,
    ReactionRule,
};
use prm::{EswitchMode, Function};

/// Numbers of pages around what a mailbox and a root hold.
const PAGES: [i32; 18] = [
    1, 2, 3, 5, 8, 16, 40, 61, 63, 64, 65, 100, 128, 200, 300, 511, 513, 1_000,
];

/// How often firmware asks for pages of a function that does not work yet, in percent.
const EARLY: usize = 12;

/// Time in ms after which what was late has been worked off.
const AFTERWARDS_MS: u32 = 100;

/// MANAGE_PAGES with this modifier.
fn page_command(op_mod: Option<u16>) -> CommandMatch {
    CommandMatch {
        command: "MANAGE_PAGES".to_owned(),
        op_mod,
        ..CommandMatch::default()
    }
}

impl Drawing<'_> {
    pub(super) fn ask(&mut self) {
        if let Some(request) = self.wants(true) {
            self.request(request);
        }
    }

    pub(super) fn ask_back(&mut self) {
        match self.gives_back(true, |_| true) {
            Some(request) => self.request(request),
            None => self.ask(),
        }
    }

    pub(super) fn request(&mut self, request: PageRequest) {
        self.order(FirmwareOrder::RequestPages(request));
    }

    /// A request for pages; `at_once` as in the book.
    pub(super) fn wants(&mut self, at_once: bool) -> Option<PageRequest> {
        let early = self.dice.chance(EARLY) && !self.frame.is_clean();
        let mut functions = self.book.functions(early);
        if self.frame.is_clean() && !(at_once && self.book.rests()) {
            // Whoever asks for another function while something is under way may come before the driver knows it.
            functions.truncate(1);
        }
        let function = self.dice.pick(&functions);
        let request = PageRequest {
            function,
            identity: None,
            pages: self.dice.pick(&PAGES)?,
            release_all: false,
        };
        self.book.request(&request, at_once).then_some(request)
    }

    /// A request that gives back, all or a part, for a function of which this is true.
    pub(super) fn gives_back(
        &mut self,
        at_once: bool,
        which: impl Fn(Function) -> bool,
    ) -> Option<PageRequest> {
        let mut given = self.book.given();
        given.retain(|(function, _)| which(*function));
        let (function, has) = self.dice.pick(&given)?;
        let part = self.dice.between(1, has.unsigned_abs()).cast_signed();
        let request = PageRequest {
            function: Some(function),
            identity: None,
            pages: if self.dice.chance(50) { -has } else { -part },
            release_all: false,
        };
        self.book.request(&request, at_once).then_some(request)
    }

    /// Firmware takes its time for some commands from now on.
    pub(super) fn slow(&mut self) {
        if self.frame.is_clean() {
            return self.slow_once();
        }
        let op_mod = self.dice.pick(&[Some(1), Some(2), Some(2)]).flatten();
        let pages = page_command(op_mod);
        let others = self.commands(HostOperation::Unload);
        let other = self.dice.pick(&others);
        let to = match other.filter(|_| self.dice.chance(35)) {
            Some(other) => other,
            None => pages,
        };
        self.slow_for(to);
    }

    /// Firmware takes its time for one give, and nothing but requests comes before it is over.
    fn slow_once(&mut self) {
        let after_ms = self.dice.latency();
        let with = if self.dice.chance(70) {
            Answer::Late { after_ms }
        } else {
            Answer::CompletedLate { after_ms }
        };
        let to = page_command(Some(1));
        self.book.give_late();
        self.order(FirmwareOrder::Answer(AnswerRule { to, with, times: 1 }));
        for _ in 0..self.dice.between(1, 3) {
            self.ask();
        }
        self.pass(after_ms.saturating_add(AFTERWARDS_MS));
        self.book.give_at_once();
    }

    fn slow_for(&mut self, to: CommandMatch) {
        if to.command == "MANAGE_PAGES" && to.op_mod != Some(2) {
            self.book.give_late();
        }
        let after_ms = self.dice.latency();
        let with = if self.dice.chance(70) {
            Answer::Late { after_ms }
        } else {
            Answer::CompletedLate { after_ms }
        };
        let times = self.dice.between(1, 3);
        self.order(FirmwareOrder::Answer(AnswerRule { to, with, times }));
    }

    /// The host does something, and firmware reacts to its commands.
    pub(super) fn operate_watched(&mut self) {
        let operation = self.operation();
        if self.book.is_loaded() && !self.is_shy_of(operation) {
            for _ in 0..self.dice.below(3) {
                self.react(operation);
            }
        }
        self.operate(operation);
    }

    fn react(&mut self, operation: HostOperation) {
        let Some(mut command) = self.dice.pick(&self.commands(operation)) else {
            return;
        };
        command.skip = self.dice.between(0, 2);
        let after_ms = if self.dice.chance(50) {
            0
        } else {
            self.dice.latency()
        };
        let mut then = Vec::new();
        for _ in 0..self.dice.between(1, 2) {
            then.extend(self.aside(operation).map(FirmwareOrder::RequestPages));
        }
        if !then.is_empty() {
            self.order(FirmwareOrder::When(ReactionRule {
                command,
                after_ms,
                then,
                times: 1,
            }));
        }
    }

    /// A request while an operation runs. What the operation makes firmware give back anyway is not given back twice.
    fn aside(&mut self, operation: HostOperation) -> Option<PageRequest> {
        let stays = move |function| match operation {
            HostOperation::DisableVfs => !matches!(function, Function::Vf(_) | Function::EcVf(_)),
            _ => true,
        };
        if self.dice.chance(50) {
            self.wants(false)
        } else {
            self.gives_back(false, stays)
        }
    }

    /// Whether nothing else may happen while the host does this: what comes while the main driver goes or comes is
    /// known to be lost in places.
    pub(super) fn is_shy_of(&self, operation: HostOperation) -> bool {
        self.frame.is_clean() && is_life(operation)
    }

    /// A command of an operation is held while firmware goes on.
    pub(super) fn operate_held(&mut self) {
        let operation = self.operation();
        if self.is_shy_of(operation) {
            return self.operate(operation);
        }
        let mut holds = Vec::new();
        for _ in 0..self.dice.between(1, 2) {
            if let Some(mut command) = self.dice.pick(&self.commands(operation)) {
                command.skip = self.dice.between(0, 2);
                holds.push(self.hold_of(command));
            }
        }
        let runs = self.begin(operation);
        let time = self.dice.between(60, 400);
        self.pass(time);
        if !is_life(operation) {
            for _ in 0..self.dice.below(3) {
                self.ask_either();
            }
        }
        self.let_go(holds);
        self.join(runs);
    }

    /// The driver's worker is busy with one request, others queue up behind it, and the host does something.
    pub(super) fn crowd(&mut self) {
        let give = page_command(Some(1));
        if self.frame.is_clean() {
            return self.crowd_around(give);
        }
        let mut holds = Vec::new();
        if self.dice.chance(60) {
            holds.push(self.hold_of(give));
        } else {
            self.slow_for(give);
        }
        self.ask();
        for _ in 0..self.dice.between(1, 3) {
            self.ask_either();
        }
        let operation = self.operation();
        let mut own = self.commands(operation);
        own.retain(|command| command.command != "MANAGE_PAGES");
        if self.dice.chance(50)
            && let Some(mut command) = self.dice.pick(&own)
        {
            command.skip = self.dice.between(0, 3);
            if self.dice.chance(50) {
                holds.push(self.hold_of(command));
            } else {
                self.slow_for(command);
            }
        }
        let runs = self.begin(operation);
        let time = self.dice.between(60, 600);
        self.pass(time);
        self.let_go(holds);
        self.join(runs);
    }

    /// The same, and nobody is taken away meanwhile.
    fn crowd_around(&mut self, give: CommandMatch) {
        let held = self.hold_of(give);
        for _ in 0..self.dice.between(1, 4) {
            self.ask_either();
        }
        let operation = self.operation();
        if self.is_shy_of(operation) {
            self.let_go(vec![held]);
            return self.operate(operation);
        }
        let runs = self.begin(operation);
        let time = self.dice.between(1, 600);
        self.pass(time);
        self.let_go(vec![held]);
        self.join(runs);
    }

    fn ask_either(&mut self) {
        if self.dice.chance(50) {
            self.ask();
        } else {
            self.ask_back();
        }
    }

    pub(super) fn announce(&mut self) {
        if self.frame.is_clean() && !self.book.tells_of_vfs() {
            return self.ask();
        }
        let total = self.frame.device().external_host.vfs.total;
        let host_vfs = u16::try_from(self.dice.between(0, total.into())).unwrap_or(0);
        self.book.announce(host_vfs);
        let changed = FunctionsChanged {
            host_vfs: Some(host_vfs),
            ..FunctionsChanged::default()
        };
        self.order(FirmwareOrder::FunctionsChanged(changed));
    }

    /// Holds a command; returns the hold's name.
    fn hold_of(&mut self, command: CommandMatch) -> String {
        let name = self.name("held");
        let points = [
            (4, HoldPoint::BeforeExecution),
            (3, HoldPoint::BeforeCompletion),
            (1, HoldPoint::BeforeEvent),
        ];
        let at = self.dice.weighed(&points).unwrap_or_default();
        self.hold(Hold {
            name: name.clone(),
            command,
            at,
            posts: Vec::new(),
        });
        name
    }

    /// Lets all of these go, in an order that is drawn.
    fn let_go(&mut self, mut holds: Vec<String>) {
        while !holds.is_empty() {
            let next = holds.remove(self.dice.below(holds.len()));
            self.release(next);
            if !holds.is_empty() {
                let time = self.dice.between(1, 150);
                self.pass(time);
            }
        }
    }

    /// What the host does next, of what it does in the frame.
    pub(super) fn operation(&mut self) -> HostOperation {
        if !self.book.is_loaded() {
            return HostOperation::Load;
        }
        let does = |kind| usize::from(self.frame.operations.contains(&kind));
        let most = self.book.most_vfs();
        let mode = if self.book.is_switchdev() {
            EswitchMode::Legacy
        } else {
            EswitchMode::Switchdev
        };
        let number = self.dice.between(1, u32::from(most).max(1));
        let vfs = if self.book.vfs() == 0 {
            HostOperation::EnableVfs(number.cast_signed())
        } else {
            HostOperation::DisableVfs
        };
        let operations = [
            (2, HostOperation::Unload),
            (3 * does(Kind::Reload), HostOperation::Reload),
            (6 * does(Kind::Vfs) * usize::from(most > 0), vfs),
            (4 * does(Kind::Mode), HostOperation::SetEswitchMode(mode)),
        ];
        self.dice.weighed(&operations).unwrap_or(HostOperation::Unload)
    }

    /// The commands of an operation that may be held, answered late or reacted to.
    pub(super) fn commands(&self, operation: HostOperation) -> Vec<CommandMatch> {
        let mut names = match operation {
            HostOperation::Load => vec!["INIT_HCA", "SET_HCA_CAP", "QUERY_PAGES", "CREATE_EQ"],
            HostOperation::Unload => vec!["DESTROY_EQ", "TEARDOWN_HCA", "DISABLE_HCA"],
            HostOperation::Reload => vec!["DESTROY_EQ", "TEARDOWN_HCA", "INIT_HCA", "DISABLE_HCA"],
            HostOperation::EnableVfs(_) => vec!["ENABLE_HCA", "QUERY_HCA_CAP", "MODIFY_VPORT_STATE"],
            HostOperation::DisableVfs => vec!["DISABLE_HCA", "MODIFY_VPORT_STATE"],
            _ => vec!["QUERY_HCA_CAP"],
        };
        if self.frame.has_netdev() {
            names.retain(|name| !name.ends_with("_EQ"));
        }
        names.push("MANAGE_PAGES");
        let of = |name: &str| CommandMatch {
            command: name.to_owned(),
            ..CommandMatch::default()
        };
        names.into_iter().map(of).collect()
    }
}
