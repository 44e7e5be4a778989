//! Every byte there is, in each place of a head: which are taken, and that the others are refused.

use owin_core::Environment;

use crate::support::{serve, tell};

/// The bytes that are taken between `before` and `after`; the others are refused, with 400 and the
/// end of the connection.
async fn taken(before: &str, after: &str) -> Vec<u8> {
    let server = serve(tell(|_: &Environment| String::new())).await;
    let mut taken = Vec::new();
    for byte in 0..=u8::MAX {
        let mut client = server.connect().await;
        client.send([before.as_bytes(), &[byte], after.as_bytes()].concat()).await;
        let response = client.response().await;
        if response.status == 200 {
            taken.push(byte);
        } else {
            assert_eq!((response.status, response.closes()), (400, true), "{byte:#x}");
            client.is_closed().await;
        }
    }
    taken
}

fn bytes(wanted: impl Fn(u8) -> bool) -> Vec<u8> {
    (0..=u8::MAX).filter(|byte| wanted(*byte)).collect()
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[tokio::test]
async fn a_method_holds_the_bytes_of_a_token_and_no_others() {
    // OWIN-013, HT-12, attack 3.
    assert_eq!(taken("GE", "T / HTTP/1.1\r\nHost: h\r\n\r\n").await, bytes(is_token));
}

#[tokio::test]
async fn a_name_holds_the_bytes_of_a_token_and_no_others() {
    // OWIN-034, HT-11, attack 3: a colon ends it.
    let names = bytes(|byte| is_token(byte) || byte == b':');
    assert_eq!(taken("GET / HTTP/1.1\r\nHost: h\r\nX", "Y: z\r\n\r\n").await, names);
}

#[tokio::test]
async fn a_value_holds_what_is_visible_blanks_and_bytes_beyond_ascii() {
    // OWIN-038, HT-10, attack 3, attack 30.
    let values = bytes(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7F));
    assert_eq!(taken("GET / HTTP/1.1\r\nHost: h\r\nX: a", "b\r\n\r\n").await, values);
}

#[tokio::test]
async fn a_target_holds_what_is_visible_in_ascii_but_no_number_sign() {
    // OWIN-113, attack 4, attack 30.
    let targets = bytes(|byte| byte.is_ascii_graphic() && byte != b'#');
    for before in ["GET /a", "GET /?a"] {
        assert_eq!(taken(before, "b HTTP/1.1\r\nHost: h\r\n\r\n").await, targets, "{before}");
    }
}

#[tokio::test]
async fn a_host_holds_the_bytes_of_a_name() {
    // OWIN-093, HT-13, attack 4: a colon begins the port, a percent sign an escape.
    let hosts = bytes(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte));
    let percent_and_colon = [b"%".as_slice(), b":"].concat();
    let mut wanted = [hosts, percent_and_colon].concat();
    wanted.sort_unstable();
    assert_eq!(taken("GET / HTTP/1.1\r\nHost: a", "11\r\n\r\n").await, wanted);
}
