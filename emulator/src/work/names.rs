//! Whom a command is about, as far as its first 16 bytes tell.

use crate::owner::Owner;
use crate::state::command::{Command, Subject};
use crate::state::endpoint::PageNaming;
use crate::state::operation::About;
use crate::state::silicon::Silicon;
use prm::capability::QueryHcaCapIn;
use prm::pages::ManagePagesIn;
use prm::{Function, PageMode, WireIdentity};

impl Silicon {
    /// Whom a command is about whose input begins so.
    pub(crate) fn subject(&self, endpoint: Function, about: About, input: &[u8]) -> Subject {
        // Every command that names a function has its flags and its id where QUERY_HCA_CAP has them.
        let head = QueryHcaCapIn::from_prefix(input).unwrap_or_default();
        let (id, flag) = (head.function_id(), head.other_function());
        let own = Some(endpoint);
        let named = |function, other| Subject {
            id: Some(id),
            other,
            function,
        };
        match about {
            About::Hca => {
                let function = self.hca_function(endpoint, id, flag, head.function_id_type());
                named(function, function != own)
            }
            About::PageOwner => {
                let function = self.owner_of(endpoint, WireIdentity { id, ec: flag }).function();
                named(function, function != own)
            }
            About::Capability if flag => named(self.other_function(endpoint, &head), true),
            About::Vport if flag => named(self.vport_function(endpoint, id), true),
            About::Vport => named(own, false),
            About::Managed => named(self.managed_function(endpoint, id, flag), true),
            About::VhcaId => named(self.roster.by_vhca_id(id), true),
            About::OtherVport => named(self.vport_function(endpoint, id), true),
            About::Capability | About::Itself => Subject {
                id: None,
                other: false,
                function: own,
            },
        }
    }

    /// The function, if commands at `endpoint` can be about it.
    fn named_at(&self, endpoint: Function, function: Option<Function>) -> Option<Function> {
        function.filter(|&function| self.roster.names(endpoint, function))
    }

    /// The function that ENABLE_HCA and DISABLE_HCA name. A satellite PF has no function id; its vport number stands
    /// for it.
    pub(crate) fn hca_function(
        &self,
        endpoint: Function,
        id: u16,
        ec: bool,
        is_vhca_id: bool,
    ) -> Option<Function> {
        if !self.roster.is_manager(endpoint) {
            return (id == 0 || is_vhca_id).then_some(endpoint);
        }
        if is_vhca_id {
            return self.named_at(endpoint, self.roster.by_vhca_id(id));
        }
        let named = self.managed_function(endpoint, id, ec);
        named.or_else(|| self.vport_function(endpoint, id))
    }

    /// The function of a function id. The flag for the embedded CPU is not looked at where there is none.
    pub(crate) fn managed_function(&self, endpoint: Function, id: u16, ec: bool) -> Option<Function> {
        if !self.roster.is_manager(endpoint) {
            return (id == 0).then_some(endpoint);
        }
        let exact = self.roster.by_identity(WireIdentity { id, ec });
        self.named_at(endpoint, exact.or_else(|| self.subfunction(id)))
    }

    /// The subfunction of a function id, whatever the flag for the embedded CPU says.
    pub(crate) fn subfunction(&self, id: u16) -> Option<Function> {
        self.roster
            .by_vport(id)
            .filter(|function| matches!(function, Function::Sf(_) | Function::HostSf(_)))
    }

    /// The function that a capability command with `other_function` names.
    pub(crate) fn other_function(&self, endpoint: Function, input: &QueryHcaCapIn) -> Option<Function> {
        let id = input.function_id();
        if !self.roster.is_manager(endpoint) {
            return None;
        }
        let function = if input.function_id_type() {
            self.roster.by_vhca_id(id)
        } else if input.ec_vf_function() {
            self.roster
                .by_identity(WireIdentity { id, ec: true })
                .filter(|f| matches!(f, Function::EcVf(_)))
        } else {
            self.roster.by_vport(id)
        };
        self.named_at(endpoint, function)
    }

    /// The function behind a vport.
    pub(crate) fn vport_function(&self, endpoint: Function, vport: u16) -> Option<Function> {
        let manager = self.roster.is_manager(endpoint);
        self.named_at(endpoint, self.roster.by_vport(vport).filter(|_| manager))
    }

    /// Who owns the pages of this identity, as the page mode of `endpoint` has it now.
    #[must_use]
    pub fn owner_of(&self, endpoint: Function, identity: WireIdentity) -> Owner {
        self.watch.look();
        let naming = self
            .endpoints
            .get(&endpoint)
            .map_or(PageNaming::FunctionId, |state| *state.naming);
        match naming {
            PageNaming::FunctionId => self.owner_by_function_id(endpoint, identity),
            PageNaming::VhcaId => self.owner_by_vhca_id(endpoint, identity.id),
            PageNaming::Either => {
                let owner = self.owner_by_vhca_id(endpoint, identity.id);
                let known = owner.function().is_some();
                if known {
                    owner
                } else {
                    self.owner_by_function_id(endpoint, identity)
                }
            }
        }
    }

    /// Who is meant by this identity in `mode`, whichever mode is in force.
    #[must_use]
    pub fn owner_in_mode(&self, endpoint: Function, mode: PageMode, identity: WireIdentity) -> Owner {
        match mode {
            PageMode::FuncId => self.owner_by_function_id(endpoint, identity),
            PageMode::VhcaId => self.owner_by_vhca_id(endpoint, identity.id),
        }
    }

    fn owner_by_function_id(&self, endpoint: Function, identity: WireIdentity) -> Owner {
        let WireIdentity { id, ec } = identity;
        if !self.roster.is_manager(endpoint) {
            return if id == 0 && !ec {
                Owner::from(endpoint)
            } else {
                Owner::unnamed(identity)
            };
        }
        // A firmware that names its boot pages by a strange id has them in a row of that id until it switches.
        let boot_id = self.config.firmware.boot_function_id;
        if id == boot_id && boot_id != 0 && ec == (endpoint == Function::Ecpf) {
            return Owner::unnamed(identity);
        }
        let function = self.named_at(endpoint, self.roster.by_identity(identity));
        function.map_or(Owner::unnamed(identity), Owner::from)
    }

    fn owner_by_vhca_id(&self, endpoint: Function, id: u16) -> Owner {
        let unnamed = Owner::Unnamed { id, ec: false };
        if self.roster.vhca_id(endpoint) == id {
            return Owner::from(endpoint);
        }
        let function = self.named_at(endpoint, self.roster.by_vhca_id(id));
        function.map_or(unnamed, Owner::from)
    }

    /// The identity by which page requests to `endpoint` name a function now; none where the page mode has no name
    /// for it.
    #[must_use]
    pub fn identity_of(&self, endpoint: Function, function: Function) -> Option<WireIdentity> {
        self.watch.look();
        let naming = *self.endpoints.get(&endpoint)?.naming;
        let entry = self.roster.get(function)?;
        if naming != PageNaming::FunctionId {
            return Some(WireIdentity {
                id: entry.vhca_id,
                ec: false,
            });
        }
        if self.roster.is_manager(endpoint) {
            entry.identity.filter(|_| self.roster.names(endpoint, function))
        } else {
            (endpoint == function).then_some(WireIdentity { id: 0, ec: false })
        }
    }

    /// Whose pages a QUERY_PAGES or MANAGE_PAGES is about.
    pub(crate) fn page_owner(&self, command: &Command) -> Owner {
        let input = ManagePagesIn::from_prefix(&command.input).unwrap_or_default();
        let identity = WireIdentity {
            id: input.function_id(),
            ec: input.ec_function(),
        };
        self.owner_of(command.endpoint, identity)
    }
}
