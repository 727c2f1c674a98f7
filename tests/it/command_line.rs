//! Commands that a person types.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use harness::{Installation, PASSWORD, TestApp, eventually, run};
use serde_json::json;

#[test]
fn a_password_is_asked_for_at_a_terminal_and_not_shown() {
    run(async {
        let app = TestApp::start().await;
        let arguments = "tenant create --slug typed --name Typed --owner-email ann@typed.example";
        let mut terminal = at_a_terminal(app.installation(), arguments);
        let mut screen = String::new();
        read_until(&mut terminal, &mut screen, "Password for ann@typed.example: ");
        // The prompt comes a moment before the echo goes.
        let is_silent = || async { is_silent(&app.installation().folder().join(TERMINAL)) };
        eventually("the terminal shows nothing", Duration::from_secs(5), is_silent).await;
        writeln!(terminal.stdin.as_mut().unwrap(), "{PASSWORD}").unwrap();
        terminal.stdout.take().unwrap().read_to_string(&mut screen).unwrap();
        assert!(terminal.wait().unwrap().success(), "{screen}");
        assert!(screen.contains("ten_") && !screen.contains(PASSWORD), "{screen}");

        let input = json!({ "tenant": "typed", "email": "ann@typed.example", "password": PASSWORD });
        let answer = app.anonymous().run("SignIn", json!({ "input": input })).await;
        assert!(answer.payload("signIn")["session"].is_object());
    });
}

#[test]
fn a_password_may_come_from_a_pipe() {
    run(async {
        let app = TestApp::start().await;
        let mut command = app.installation().command(0);
        command.args(["tenant", "create", "--slug", "piped", "--name", "Piped", "--owner-email", "ann@piped.example"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
        assert!(child.wait().unwrap().success());
        let input = json!({ "tenant": "piped", "email": "ann@piped.example", "password": PASSWORD });
        let answer = app.anonymous().run("SignIn", json!({ "input": input })).await;
        assert!(answer.payload("signIn")["session"].is_object());
    });
}

#[test]
fn a_tenant_before_its_tables_is_refused_with_the_command_that_makes_them() {
    run(async {
        let installation = TestApp::with().unmigrated().install().await;
        let create = ["tenant", "create", "--slug", "early", "--name", "Early", "--owner-email", "ann@early.example"];
        let password = [("SHEQUN_OWNER_PASSWORD", PASSWORD)];
        let early = installation.cli(&create, &password).await;
        assert_ne!(early.code, Some(0));
        assert!(early.stderr.contains("run `shequn migrate` first"), "{early:#?}");
        installation.cli(&["migrate"], &[]).await.expect_success();
        installation.cli(&create, &password).await.expect_success();
    });
}

/// Where the name of the terminal is noted.
const TERMINAL: &str = "terminal";

/// The product at a terminal of its own, by `script` of util-linux.
fn at_a_terminal(installation: &Installation, arguments: &str) -> Child {
    let product = installation.command(0);
    let words: Vec<_> = std::iter::once(product.get_program()).chain(product.get_args()).collect();
    let words: Vec<_> = words.iter().map(|word| word.to_str().unwrap()).collect();
    let mut command = Command::new("script");
    command.args(["-qefc", &format!("tty >{TERMINAL}; exec {} {arguments}", words.join(" ")), "/dev/null"]);
    command.env_clear().envs(product.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(installation.folder()).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().expect("script comes with util-linux")
}

fn is_silent(noted: &Path) -> bool {
    let name = std::fs::read_to_string(noted).unwrap();
    let settings = Command::new("stty").args(["-a", "-F", name.trim()]).output().unwrap();
    String::from_utf8_lossy(&settings.stdout).split_whitespace().any(|word| word == "-echo")
}

fn read_until(terminal: &mut Child, screen: &mut String, end: &str) {
    let stdout = terminal.stdout.as_mut().unwrap();
    let mut byte = [0];
    while !screen.ends_with(end) {
        stdout.read_exact(&mut byte).unwrap_or_else(|error| panic!("{error}: {screen}"));
        screen.push(char::from(byte[0]));
    }
}
