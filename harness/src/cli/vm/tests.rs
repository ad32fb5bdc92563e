//! How the process ends.

use super::console::ConsoleError;
use super::errand::FolderError;
use super::*;
use std::io;
use std::os::unix::process::ExitStatusExt;

fn death(was_asked: bool, code: i32) -> Death {
    Death {
        status: ExitStatusExt::from_raw(code << 8),
        was_asked,
    }
}

#[test]
fn a_command_ends_the_process_as_it_ends() {
    let exit = |ending| exit(death(false, 0), ending, Vec::new());
    assert_eq!(exit(Ending::Code(0)).unwrap(), Exit::AsExpected);
    assert_eq!(exit(Ending::Code(137)).unwrap().code(), 137);
    assert_eq!(exit(Ending::Code(104)).unwrap(), Exit::OfGuest(104));
    let refused = exit(Ending::Refused("no 9p".to_owned())).unwrap_err();
    assert!(matches!(refused, VmError::Refused(_)) && refused.exit() == Exit::Backend);
}

#[test]
fn a_guest_that_is_gone_is_not_taken_for_a_command_that_failed() {
    let words = || vec!["Kernel panic - not syncing".to_owned(), "Rebooting".to_owned()];
    let lost = exit(death(false, 0), Ending::Lost, words()).unwrap_err();
    assert!(matches!(lost, VmError::Lost(_)));
    assert_eq!(
        lost.to_string(),
        "the guest ended before the command did; its console says last:\n  Kernel panic - not syncing\n  Rebooting"
    );
    let ended = exit(death(false, 1), Ending::Lost, words()).unwrap_err();
    assert!(matches!(ended, VmError::Ended(_)));
    for error in [lost, ended, VmError::NoKvm] {
        assert_eq!(error.exit(), Exit::Backend);
    }
    let asked = exit(death(true, 1), Ending::Lost, words()).unwrap();
    assert_eq!(asked, Exit::Interrupted);
}

#[test]
fn what_the_user_has_named_wrongly_is_a_matter_of_usage() {
    let file = || LineFile::create(Path::new("/nowhere/dmesg")).unwrap_err();
    let usage = [
        VmError::Dmesg(file()),
        VmError::Console(ConsoleError::File(file())),
        VmError::Folder(FolderError::of(
            Path::new("/nowhere"),
            io::ErrorKind::NotFound.into(),
        )),
    ];
    for error in usage {
        assert_eq!(error.exit(), Exit::Usage, "{error}");
    }
    let console = VmError::Console(ConsoleError::Io(io::ErrorKind::Other.into()));
    assert_eq!(console.exit(), Exit::Backend);
}
