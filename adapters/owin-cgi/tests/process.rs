//! The program as the operating system sees it: its exit code, its streams, its signals.

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use self::support::{example, folder, wait_until};

fn program(variables: &[(&str, &str)]) -> Command {
    let usual = [("REQUEST_METHOD", "GET"), ("SERVER_PROTOCOL", "HTTP/1.1"), ("HTTP_HOST", "h")];
    let mut command = Command::new(example("cgi_app"));
    command.env_clear().envs(usual).envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_request_ends_the_program_with_0() {
    let output = program(&[("PATH_INFO", "/x"), ("SCRIPT_NAME", "/app")]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("Status: 200 OK\r\n"), "{text}");
    assert!(text.contains("set-cookie: a=1\r\nset-cookie: b=2\r\n"), "{text}");
    assert!(text.contains("\nbase \"/app\"\npath \"/x\"\n"), "{text}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_program_that_no_web_server_started_says_so_and_ends_with_2() {
    let output = program(&[]).env_remove("REQUEST_METHOD").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("REQUEST_METHOD is not set"), "{text}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_proxy_in_the_environment_of_the_process_is_refused() {
    let output = program(&[("HTTP_PROXY", "http://evil.example")]).output().unwrap();
    assert!(output.stdout.starts_with(b"Status: 400 "));
    assert!(String::from_utf8(output.stderr).unwrap().contains("HTTP_PROXY"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_response_that_breaks_off_ends_the_program_with_1() {
    let output = program(&[("PATH_INFO", "/break"), ("QUERY_STRING", "100")]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.ends_with("content-length: 100\r\n\r\na part of it"), "{text}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn variables_that_nobody_uses_may_hold_anything() {
    use std::os::unix::ffi::OsStrExt as _;

    let odd = std::ffi::OsStr::from_bytes(b"\xFF\n");
    let output = program(&[]).env("LS_COLORS", odd).output().unwrap();
    assert!(output.stdout.starts_with(b"Status: 200 "));
    let output = program(&[]).env("HTTP_X", odd).output().unwrap();
    assert!(output.stdout.starts_with(b"Status: 400 "));
}

#[test]
fn an_app_hears_that_its_output_was_closed_though_it_writes_nothing() {
    let folder = folder();
    let notes = folder.path().display().to_string();
    let mut child = program(&[("PATH_INFO", "/wait"), ("OWIN_NOTES", &notes)]).spawn().unwrap();
    wait_until("the app", || folder.path().join("waiting").exists());
    drop(child.stdout.take());
    wait_until("the end of the program", || child.try_wait().unwrap().is_some());
    assert_eq!(fs::read_to_string(folder.path().join("cancelled")).unwrap(), "PeerReset");
}

#[test]
fn an_app_hears_that_the_web_server_ends_the_program() {
    let folder = folder();
    let notes = folder.path().display().to_string();
    let mut child = program(&[("PATH_INFO", "/wait"), ("OWIN_NOTES", &notes)]).spawn().unwrap();
    wait_until("the app", || folder.path().join("waiting").exists());
    let killed = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
    wait_until("the end of the program", || child.try_wait().unwrap().is_some());
    assert_eq!(fs::read_to_string(folder.path().join("cancelled")).unwrap(), "Shutdown");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_flush_reaches_the_reader_while_the_app_goes_on() {
    let folder = folder();
    let notes = folder.path().display().to_string();
    let mut child = program(&[("PATH_INFO", "/wait"), ("OWIN_NOTES", &notes)]).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while line != "waiting\n" {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0);
    }
    assert!(child.try_wait().unwrap().is_none());
    drop(output);
    child.wait().unwrap();
}

#[test]
fn a_body_that_nobody_reads_does_not_keep_the_program() {
    let mut command = program(&[("CONTENT_LENGTH", "5"), ("REQUEST_METHOD", "POST")]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    wait_until("the end of the program", || child.try_wait().unwrap().is_some());
    assert!(text.starts_with("Status: 200 OK"), "{text}");
}
