//! Answers that no library of ours can be made to give.

/// A ServerHello in a record of its own, with these and nothing else.
pub(super) fn server_hello(version: u16, suite: u16, compression: u8) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend([7; 32]);
    body.push(0);
    body.extend(suite.to_be_bytes());
    body.push(compression);
    let mut message = vec![2, 0, 0, u8::try_from(body.len()).unwrap()];
    message.extend(body);
    record(22, version, &message)
}

/// A fatal alert in a record of its own.
pub(super) fn alert(description: u8) -> Vec<u8> {
    record(21, 0x0303, &[2, description])
}

fn record(kind: u8, version: u16, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend(version.to_be_bytes());
    bytes.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
    bytes.extend(content);
    bytes
}
