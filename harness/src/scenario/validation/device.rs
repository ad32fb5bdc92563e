//! The device: which functions it has, and which fields of it would have no effect.

use super::sense::Sense;
use crate::scenario::document::Path;
use crate::scenario::roster::ranges;
use emulator::config::{DeviceKind, Eswitch, ExternalHost, VirtualFunctions};
use prm::Function;

impl Sense<'_> {
    pub(super) fn check_device(&mut self) {
        let device = &self.scenario.device;
        let path = Path::default().member("device");
        let ecpf_only = "only an `ecpf` has it; remove it, or set `kind` to \"ecpf\"";
        if device.kind != DeviceKind::Ecpf {
            for (field, given) in [
                ("ec_vfs", device.ec_vfs != VirtualFunctions::default()),
                ("external_host", device.external_host != ExternalHost::default()),
                ("satellite_pfs", !device.satellite_pfs.is_empty()),
            ] {
                if given {
                    let message = format!("`{field}` has no effect on this kind of device");
                    self.wrong_name(&path.member(field), message, "no effect", ecpf_only);
                }
            }
        }
        if device.kind != DeviceKind::Pf && device.vfs != VirtualFunctions::default() {
            let hint = "an `ecpf` has `ec_vfs` and `external_host.vfs`";
            self.wrong_name(&path.member("vfs"), "`vfs` belong to a `pf`", "no effect", hint);
        }
        if device.kind == DeviceKind::Vf && device.eswitch != Eswitch::default() {
            self.wrong_name(
                &path.member("eswitch"),
                "a `vf` has no eswitch",
                "no effect",
                "remove it",
            );
        }
        if device.eswitch.ecpf_vhca_id.is_some() && !device.eswitch.ecpf_vport_exists {
            let at = path.member("eswitch").member("ecpf_vhca_id");
            let hint = "add \"ecpf_vport_exists\": true";
            self.wrong_name(
                &at,
                "`ecpf_vhca_id` has no effect without the vport",
                "no effect",
                hint,
            );
        }
        for (field, functions) in [("vfs", &device.vfs), ("ec_vfs", &device.ec_vfs)] {
            self.check_virtual_functions(functions, &path.member(field));
        }
        let host = path.member("external_host");
        self.check_virtual_functions(&device.external_host.vfs, &host.member("vfs"));
        let total = device.external_host.vfs.total;
        if device.external_host.enabled_vfs > total {
            let message = format!("more VFs are enabled than the {total} there are");
            self.wrong(
                &host.member("enabled_vfs"),
                message,
                "too many",
                "raise `external_host.vfs.total`",
            );
        }
        if device.firmware.boot_pages_keep_their_id && device.firmware.boot_function_id == 0 {
            let at = path.member("firmware").member("boot_pages_keep_their_id");
            let hint = "it is about boot pages under another id; set `boot_function_id`";
            self.wrong_name(&at, "`boot_pages_keep_their_id` has no effect", "no effect", hint);
        }
    }

    fn check_virtual_functions(&mut self, functions: &VirtualFunctions, path: &Path) {
        for number in functions.vhca_ids.keys() {
            if *number == 0 || *number > functions.total {
                let at = path.member("vhca_ids").member(&number.to_string());
                let hint = format!("numbers go from 1 to `total`, which is {}", functions.total);
                self.wrong_name(
                    &at,
                    format!("there is no function {number}"),
                    "no such function",
                    hint,
                );
            }
        }
    }

    /// Checks that the device has `function`, which the value at `path` names.
    pub(super) fn check_function(&mut self, function: Function, path: &Path) {
        if let Some(message) = self.missing(function) {
            self.wrong(path, message, "no such function", self.roster());
        }
    }

    /// Why the device does not have `function`.
    pub(super) fn missing(&self, function: Function) -> Option<String> {
        let has = ranges(&self.scenario.device)
            .into_iter()
            .any(|(first, last)| first <= function && function <= last);
        (!has).then(|| format!("the device has no `{function}`"))
    }

    /// The functions there are, in words.
    pub(super) fn roster(&self) -> String {
        let names = ranges(&self.scenario.device).into_iter().map(|(first, last)| {
            if first == last {
                format!("`{first}`")
            } else {
                format!("`{first}` to `{last}`")
            }
        });
        format!("it has {}", names.collect::<Vec<_>>().join(", "))
    }
}
