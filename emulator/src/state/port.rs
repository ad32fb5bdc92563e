//! The one port that all functions share: its registers behind ACCESS_REG.
//!
//! No packet passes: the link is up unless a driver has switched it off, and nothing is counted.

use crate::reply::Refusal;
use prm::access_register::{RegisterAccess, RegisterId};
use prm::port::{PortCounters, PortMtu, PortStatus, PortTypeAndSpeed};

/// Number of the port.
const PORT: u8 = 1;
/// Longest packet the port can be set to.
const LONGEST_PACKET: u16 = 10_000;
/// Longest packet after a reset: 1500 bytes of payload with header, VLAN tag and check sequence.
const USUAL_PACKET: u16 = 1_522;
/// Of `proto_mask`: Ethernet.
const ETHERNET: u8 = 1 << 2;
/// The only type of link, 100GBASE-CR4, and its data rate in units of 100 Mbit/s.
const LINK: u32 = 1 << 20;
const DATA_RATE: u16 = 1_000;

/// What drivers have set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Port {
    longest_packet: u16,
    up: bool,
}

impl Default for Port {
    fn default() -> Self {
        Self {
            longest_packet: USUAL_PACKET,
            up: true,
        }
    }
}

impl Port {
    /// Length of a register of the port; none if it is not one.
    pub(crate) const fn register_length(register: RegisterId) -> Option<usize> {
        match register {
            RegisterId::PortMtu => Some(PortMtu::SIZE),
            RegisterId::PortTypeAndSpeed => Some(PortTypeAndSpeed::SIZE),
            RegisterId::PortStatus => Some(PortStatus::SIZE),
            RegisterId::PortCounters => Some(PortCounters::SIZE),
            _ => None,
        }
    }

    /// Reads or writes a register of the port; `data` is the register as the driver sent it, the answer as it is then.
    pub(crate) fn access(
        &mut self,
        register: RegisterId,
        access: RegisterAccess,
        data: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        let write = match access {
            RegisterAccess::Write => true,
            RegisterAccess::Read => false,
            RegisterAccess::Unknown(_) => return Err(Refusal::UnknownModifier),
        };
        match register {
            RegisterId::PortMtu => self.mtu(write, data),
            RegisterId::PortTypeAndSpeed => Self::type_and_speed(data),
            RegisterId::PortStatus => self.status(write, data),
            RegisterId::PortCounters => Self::counters(data),
            _ => Err(Refusal::UnknownRegister),
        }
    }

    fn mtu(&mut self, write: bool, data: &[u8]) -> Result<Vec<u8>, Refusal> {
        let asked = PortMtu::from_prefix(data).map_err(|_| Refusal::InputLength)?;
        is_the_port(asked.local_port())?;
        if write {
            if asked.admin_mtu() > LONGEST_PACKET {
                return Err(Refusal::PortSetting);
            }
            self.longest_packet = asked.admin_mtu();
        }
        let register = PortMtu::new()
            .with_local_port(PORT)
            .with_max_mtu(LONGEST_PACKET)
            .with_admin_mtu(self.longest_packet)
            .with_oper_mtu(self.longest_packet);
        Ok(register.as_bytes().to_vec())
    }

    /// There is one type of link: whatever is asked for, it stays.
    fn type_and_speed(data: &[u8]) -> Result<Vec<u8>, Refusal> {
        let asked = PortTypeAndSpeed::from_prefix(data).map_err(|_| Refusal::InputLength)?;
        is_the_port(asked.local_port())?;
        let mut register = PortTypeAndSpeed::new()
            .with_local_port(PORT)
            .with_proto_mask(asked.proto_mask());
        if asked.proto_mask() & ETHERNET != 0 {
            register = register
                .with_data_rate_oper(DATA_RATE)
                .with_eth_proto_capability(LINK)
                .with_eth_proto_admin(LINK)
                .with_eth_proto_oper(LINK);
        }
        Ok(register.as_bytes().to_vec())
    }

    fn status(&mut self, write: bool, data: &[u8]) -> Result<Vec<u8>, Refusal> {
        const UP: u8 = 1;
        const DOWN: u8 = 2;
        let asked = PortStatus::from_prefix(data).map_err(|_| Refusal::InputLength)?;
        is_the_port(asked.local_port())?;
        if write && asked.admin_status_enable() {
            self.up = asked.admin_status() == UP;
        }
        let state = if self.up { UP } else { DOWN };
        let register = PortStatus::new()
            .with_local_port(PORT)
            .with_admin_status(state)
            .with_oper_status(state);
        Ok(register.as_bytes().to_vec())
    }

    fn counters(data: &[u8]) -> Result<Vec<u8>, Refusal> {
        let asked = PortCounters::from_prefix(data).map_err(|_| Refusal::InputLength)?;
        is_the_port(asked.local_port())?;
        let register = PortCounters::new()
            .with_local_port(PORT)
            .with_group(asked.group())
            .with_priority(asked.priority());
        Ok(register.as_bytes().to_vec())
    }
}

fn is_the_port(number: u8) -> Result<(), Refusal> {
    if number == PORT {
        Ok(())
    } else {
        Err(Refusal::PortSetting)
    }
}
