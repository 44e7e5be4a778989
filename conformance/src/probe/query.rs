//! The parameters of a query string.

/// The parameters, decoded, in their order; `+` stays.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (&str, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (name, decoded(value))
    })
}

/// The first parameter of that name.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    parameters(query).find(|(own, _)| *own == name).map(|(_, value)| value)
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, tail)) = rest.split_first() {
        let escape = tail.split_at_checked(2).filter(|_| *first == b'%');
        let byte =
            escape.and_then(|(hex, _)| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (byte, escape) {
            (Some(byte), Some((_, tail))) => {
                bytes.push(byte);
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_in_their_order() {
        let found: Vec<_> = parameters("a=1&b=%3A%20x&a=+&c&d=%zz").collect();
        let right = [("a", "1"), ("b", ": x"), ("a", "+"), ("c", ""), ("d", "%zz")];
        assert_eq!(found, right.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(parameter("a=1&a=2", "a"), Some("1".to_owned()));
    }
}
