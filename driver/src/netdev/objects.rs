//! What firmware only numbers: protection and transport domain, counters, queues, receivers.

use crate::command;
use crate::errno::Errno;
use crate::event_queue;
use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::netdev::Created;
use prm::Opcode;
use prm::access_register::{
    AccessRegister, AccessRegisterIn, REGISTER_DATA_OFFSET, RegisterAccess, RegisterId,
};
use prm::command::{Command as _, ObjectOutput};
use prm::port::{PortMtu, PortStatus};
use prm::vport::QueryNicVportContext;

/// A kind of object: what creates it, with which input length in bytes, and what destroys it.
struct Kind {
    create: Opcode,
    input_length: usize,
    destroy: Opcode,
}

const fn kind(create: Opcode, input_length: usize, destroy: Opcode) -> Kind {
    Kind {
        create,
        input_length,
        destroy,
    }
}

const PROTECTION_DOMAIN: Kind = kind(Opcode::AllocPd, 16, Opcode::DeallocPd);
const TRANSPORT_DOMAIN: Kind = kind(Opcode::AllocTransportDomain, 16, Opcode::DeallocTransportDomain);
const MEMORY_KEY: Kind = kind(Opcode::CreateMkey, 272, Opcode::DestroyMkey);
const SEND_INTERFACE: Kind = kind(Opcode::CreateTis, 192, Opcode::DestroyTis);
const COUNTER: Kind = kind(Opcode::AllocQCounter, 16, Opcode::DeallocQCounter);
const COMPLETION_QUEUE: Kind = kind(Opcode::CreateCq, 280, Opcode::DestroyCq);
const RECEIVE_QUEUE: Kind = kind(Opcode::CreateRq, 280, Opcode::DestroyRq);
const RECEIVE_TABLE: Kind = kind(Opcode::CreateRqt, 276, Opcode::DestroyRqt);
const RECEIVE_INTERFACE: Kind = kind(Opcode::CreateTir, 272, Opcode::DestroyTir);

/// Send interfaces: one per traffic class.
const SEND_INTERFACES: usize = 8;

/// Receive interfaces that spread packets: one per kind of packet.
const SPREADING_INTERFACES: usize = 10;

/// Length of every output that only numbers, and where a destroying input names its object.
const OUTPUT_LENGTH: usize = 16;
const OBJECT_AT: usize = 8;

/// Length of the input of MODIFY_RQ.
const MODIFY_QUEUE_LENGTH: usize = 272;

/// The function's only port, and the state of a port that is off.
const PORT: u8 = 1;
const PORT_DOWN: u8 = 2;

/// Longest packet that a network device begins with, in bytes: 1500 and the head.
const PACKET: u16 = 1522;

/// Length of the input of MODIFY_NIC_VPORT_CONTEXT without a list.
const MODIFY_CONTEXT_LENGTH: usize = 512;

fn input(opcode: Opcode, length: usize) -> Vec<u8> {
    let mut input = vec![0; length];
    if let Some(at) = input.get_mut(..2) {
        at.copy_from_slice(&opcode.raw().to_be_bytes());
    }
    input
}

async fn create(driver: &Driver, kind: &Kind) -> Result<(), Errno> {
    let input = input(kind.create, kind.input_length);
    let output = command::execute(driver, &input, OUTPUT_LENGTH)
        .await
        .map_err(|error| error.errno())?;
    let id = ObjectOutput::from_prefix(&output).unwrap_or_default().object_id();
    let created = Created {
        destroy: kind.destroy,
        id,
    };
    driver
        .step(driver.writes(Object::Netdev), |state, _| {
            state.netdev.objects.push(created)
        })
        .await;
    Ok(())
}

/// Domains, key, send interfaces, counters (`mlx5e_create_mdev_resources`, `mlx5e_create_q_counters`).
///
/// # Errors
/// As the commands.
pub(super) async fn create_domain(driver: &Driver) -> Result<(), Errno> {
    create(driver, &PROTECTION_DOMAIN).await?;
    create(driver, &TRANSPORT_DOMAIN).await?;
    create(driver, &MEMORY_KEY).await?;
    for _ in 0..SEND_INTERFACES {
        create(driver, &SEND_INTERFACE).await?;
    }
    create(driver, &COUNTER).await?;
    create(driver, &COUNTER).await
}

/// The queue for packets that nobody takes, and the interfaces that lead there (`mlx5e_open_drop_rq`,
/// `mlx5e_rx_res_create`).
///
/// # Errors
/// As the commands.
pub(super) async fn create_receiver(driver: &Driver) -> Result<(), Errno> {
    event_queue::create_completions(driver).await?;
    create(driver, &COMPLETION_QUEUE).await?;
    create(driver, &RECEIVE_QUEUE).await?;
    let ready = input(Opcode::ModifyRq, MODIFY_QUEUE_LENGTH);
    command::execute(driver, &ready, OUTPUT_LENGTH)
        .await
        .map_err(|error| error.errno())?;
    create(driver, &RECEIVE_TABLE).await?;
    for _ in 0..SPREADING_INTERFACES {
        create(driver, &RECEIVE_INTERFACE).await?;
    }
    for _ in 0..2 {
        create(driver, &RECEIVE_TABLE).await?;
        create(driver, &RECEIVE_INTERFACE).await?;
    }
    Ok(())
}

/// Destroys all of them, last created first. The completions' event queue stays: it goes with the others.
pub(super) async fn destroy_all(driver: &Driver) {
    loop {
        let created = driver
            .step(driver.writes(Object::Netdev), |state, _| {
                state.netdev.objects.pop()
            })
            .await;
        let Some(created) = created else { return };
        let mut input = input(created.destroy, 16);
        if let Some(at) = input.get_mut(OBJECT_AT..OBJECT_AT + 4) {
            at.copy_from_slice(&created.id.to_be_bytes());
        }
        // The object is the driver's no more, whatever firmware says.
        let _ignored = command::execute(driver, &input, OUTPUT_LENGTH).await;
    }
}

/// Reads the function's own vport.
///
/// # Errors
/// As the command.
pub(super) async fn query_context(driver: &Driver) -> Result<(), Errno> {
    command::run::<QueryNicVportContext>(driver, &QueryNicVportContext::input())
        .await
        .map(drop)
        .map_err(|error| error.errno())
}

async fn modify_context(driver: &Driver) -> Result<(), Errno> {
    let input = input(Opcode::ModifyNicVportContext, MODIFY_CONTEXT_LENGTH);
    command::execute(driver, &input, OUTPUT_LENGTH)
        .await
        .map(drop)
        .map_err(|error| error.errno())
}

async fn access(
    driver: &Driver,
    register: RegisterId,
    access: RegisterAccess,
    data: &[u8],
) -> Result<Vec<u8>, Errno> {
    let head: AccessRegisterIn = AccessRegister::input()
        .with_op_mod(access.raw())
        .with_register_id(register.raw());
    let mut input = head.as_bytes().to_vec();
    input.resize(REGISTER_DATA_OFFSET, 0);
    input.extend_from_slice(data);
    let output = command::execute(driver, &input, input.len())
        .await
        .map_err(|error| error.errno())?;
    Ok(output.get(REGISTER_DATA_OFFSET..).unwrap_or_default().to_vec())
}

/// Port down until somebody opens the device, largest packet, addresses (`mlx5e_nic_enable`). A refusal does not keep the
/// network device from working.
pub(super) async fn announce(driver: &Driver) {
    let down = PortStatus::new()
        .with_local_port(PORT)
        .with_admin_status(PORT_DOWN)
        .with_admin_status_enable(true);
    let _ignored = access(
        driver,
        RegisterId::PortStatus,
        RegisterAccess::Write,
        down.as_bytes(),
    )
    .await;
    let mtu = PortMtu::new().with_local_port(PORT);
    let read = access(driver, RegisterId::PortMtu, RegisterAccess::Read, mtu.as_bytes()).await;
    if let Ok(read) = read {
        let most = PortMtu::from_prefix(&read).unwrap_or_default().max_mtu();
        let wanted = mtu.with_admin_mtu(most.min(PACKET));
        let _ignored = access(
            driver,
            RegisterId::PortMtu,
            RegisterAccess::Write,
            wanted.as_bytes(),
        )
        .await;
    }
    let _ignored = modify_context(driver).await;
    let _ignored = query_context(driver).await;
}

/// Addresses away (`mlx5e_nic_disable`).
pub(super) async fn withdraw(driver: &Driver) {
    for _ in 0..3 {
        let _ignored = modify_context(driver).await;
    }
}
