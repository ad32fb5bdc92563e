//! Lines and what they ask for.

use super::*;

fn order_of(line: &str) -> Order {
    match parse(line) {
        Ok(Some(Command::Order(order))) => order,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_number_of_vfs_is_more_than_an_attribute() {
    let line = "echo 2 > /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs";
    let command = Command::VirtualFunctions {
        folder: Some("/sys/bus/pci/devices/0000:01:00.0".to_owned()),
        number: "2".to_owned(),
        binds: true,
    };
    assert_eq!(parse(line), Ok(Some(command)));
    assert!(matches!(
        order_of("echo 2 > sriov_numvfs"),
        Order::WriteFile { .. }
    ));
    assert!(matches!(
        order_of("echo 2 > /x/sriov_numvfs_"),
        Order::WriteFile { .. }
    ));
}

#[test]
fn vfs_are_those_of_a_function_and_have_drivers_or_none() {
    let cases = [
        ("vfs 2", None, true),
        ("vfs 2 unbound", None, false),
        (
            "vfs 2 0000:01:00.0",
            Some("/sys/bus/pci/devices/0000:01:00.0"),
            true,
        ),
        (
            "vfs 2 0000:01:00.0 unbound",
            Some("/sys/bus/pci/devices/0000:01:00.0"),
            false,
        ),
    ];
    for (line, folder, binds) in cases {
        let command = Command::VirtualFunctions {
            folder: folder.map(str::to_owned),
            number: "2".to_owned(),
            binds,
        };
        assert_eq!(parse(line), Ok(Some(command)), "{line}");
    }
}

#[test]
fn lines_become_orders() {
    let device = || "0000:00:04.0".to_owned();
    let cases = [
        (
            "ls /sys",
            Order::ListDirectory {
                path: "/sys".to_owned(),
            },
        ),
        (
            "  cat  /a /b ",
            Order::ReadFiles {
                paths: vec!["/a".to_owned(), "/b".to_owned()],
            },
        ),
        (
            "echo 2 > /sys/n",
            Order::WriteFile {
                path: "/sys/n".to_owned(),
                text: "2".to_owned(),
            },
        ),
        (
            "echo 'a > b  c'>/f",
            Order::WriteFile {
                path: "/f".to_owned(),
                text: "a > b  c".to_owned(),
            },
        ),
        (
            "echo > /f",
            Order::WriteFile {
                path: "/f".to_owned(),
                text: String::new(),
            },
        ),
        (
            r#"insmod mlx5_core debug_mask=3 dyndbg="file a  +p""#,
            Order::InsertModule {
                name: "mlx5_core".to_owned(),
                parameters: r#"debug_mask=3 dyndbg="file a  +p""#.to_owned(),
            },
        ),
        (
            "insmod mlxfw",
            Order::InsertModule {
                name: "mlxfw".to_owned(),
                parameters: String::new(),
            },
        ),
        (
            "rmmod mlx5_core",
            Order::RemoveModule {
                name: "mlx5_core".to_owned(),
            },
        ),
        ("lspci", Order::PciDevices),
        (
            "bind mlx5_core 0000:00:04.0",
            Order::Bind {
                driver: "mlx5_core".to_owned(),
                device: device(),
            },
        ),
        ("unbind 0000:00:04.0", Order::Unbind { device: device() }),
        ("counters 0000:00:04.0", Order::PageCounters { device: device() }),
        (
            "config 0000:00:04.0 0x10 8",
            Order::ReadConfig {
                device: device(),
                offset: 16,
                length: 8,
            },
        ),
        (
            "config 0000:00:04.0 4 = 06 0",
            Order::WriteConfig {
                device: device(),
                offset: 4,
                bytes: vec![6, 0],
            },
        ),
        (
            "devlink info 0000:00:04.0",
            Order::Devlink(Devlink::Info { device: device() }),
        ),
        (
            "devlink reload 0000:00:04.0",
            Order::Devlink(Devlink::Reload { device: device() }),
        ),
        (
            "devlink eswitch 0000:00:04.0 switchdev",
            Order::Devlink(Devlink::EswitchMode {
                device: device(),
                mode: EswitchMode::Switchdev,
            }),
        ),
        (
            "devlink port add 0000:00:04.0 0 88",
            Order::Devlink(Devlink::AddSf {
                device: device(),
                controller: 0,
                pf_number: 0,
                sf_number: 88,
            }),
        ),
        (
            "devlink port state 0000:00:04.0 32768 inactive",
            Order::Devlink(Devlink::SetPortState {
                device: device(),
                port: 32768,
                active: false,
            }),
        ),
        (
            "devlink port del 0000:00:04.0 32768",
            Order::Devlink(Devlink::DeletePort {
                device: device(),
                port: 32768,
            }),
        ),
    ];
    for (line, order) in cases {
        assert_eq!(order_of(line), order, "{line}");
    }
}

#[test]
fn other_lines_become_what_the_shell_does() {
    let cases = [
        ("", None),
        ("   ", None),
        ("# comment", None),
        ("help", Some(Command::Help)),
        ("dmesg", Some(Command::KernelLog)),
        ("counters", Some(Command::Counters)),
        ("settle", Some(Command::Settle)),
        ("poweroff", Some(Command::PowerOff)),
        ("reboot", Some(Command::PowerOff)),
    ];
    for (line, command) in cases {
        assert_eq!(parse(line), Ok(command), "{line}");
    }
}

#[test]
fn bad_lines_are_refused_in_words() {
    let lines = [
        "frobnicate",
        "ls",
        "cat",
        "insmod",
        "echo hello",
        "echo a > b c",
        "config d 10",
        "config d 4 =",
        "config d 4 = 100",
        "config d zz 4",
        "devlink",
        "devlink eswitch d off",
        "devlink port add d 0 x",
        "devlink port add d 65536 1",
        "devlink port state d 1 up",
        "vfs",
        "vfs many",
        "vfs 2 d bound",
        "vfs 2 ../d",
    ];
    for line in lines {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn help_names_every_verb() {
    for verb in [
        "ls", "cat", "echo", "insmod", "rmmod", "lspci", "bind", "unbind", "counters", "config", "devlink",
        "dmesg", "poweroff", "reboot", "vfs", "settle",
    ] {
        assert!(HELP.contains(verb), "{verb}");
    }
}
