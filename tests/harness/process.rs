//! Child processes that cannot outlive the test process, whichever way it ends.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{LazyLock, mpsc};

type Job = (Command, mpsc::Sender<io::Result<Child>>);

/// The kernel sends the death signal when the *thread* that started the child ends, and a test's thread ends
/// with the test: so one thread that never ends starts all of them.
static STARTER: LazyLock<mpsc::Sender<Job>> = LazyLock::new(|| {
    let (sender, jobs) = mpsc::channel::<Job>();
    std::thread::spawn(move || {
        for (mut command, reply) in jobs {
            let _ = reply.send(command.spawn());
        }
    });
    sender
});

/// A command for `program` with an empty environment and the death signal set.
pub(crate) fn command(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args([OsStr::new("--pdeathsig"), OsStr::new("KILL"), OsStr::new("--"), program.as_os_str()]);
    command.env_clear();
    for name in ["PATH", "HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

pub(crate) fn start(command: Command) -> Child {
    let (sender, reply) = mpsc::channel();
    STARTER.send((command, sender)).expect("the starter thread lives");
    reply
        .recv()
        .expect("the starter thread answers")
        .expect("the program can be started (setpriv comes with util-linux)")
}

/// Sends a signal by its name, as `kill` knows it: TERM, STOP, CONT.
pub(crate) fn signal(pid: u32, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().expect("sh can be run");
    assert!(status.success(), "process {pid} takes no signal {name}");
}
