//! Cookies of HTTP/2, which may come in crumbs (RFC 9113 §8.2.3).

use http::header::{COOKIE, HeaderMap, HeaderValue};

/// Makes one line of several with `Cookie`, as everybody expects who is not HTTP/2. Values that are
/// each legal are so together.
pub(crate) fn joined(fields: &mut HeaderMap) {
    let mut crumbs = fields.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let (Some(first), Some(second)) = (crumbs.next(), crumbs.next()) else { return };
    let mut whole = first.to_vec();
    for crumb in std::iter::once(second).chain(crumbs) {
        whole.extend(b"; ");
        whole.extend(crumb);
    }
    if let Ok(whole) = HeaderValue::from_bytes(&whole) {
        fields.insert(COOKIE, whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(lines: &[&'static str]) -> Vec<String> {
        let mut fields = HeaderMap::new();
        for line in lines {
            fields.append(COOKIE, HeaderValue::from_static(line));
        }
        joined(&mut fields);
        let left = fields.get_all(COOKIE).iter();
        left.map(|value| value.to_str().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn crumbs_become_one_line_in_their_order() {
        assert_eq!(cookies(&["a=1", "b=2; c=3", "d=4"]), ["a=1; b=2; c=3; d=4"]);
    }

    #[test]
    fn one_line_and_none_stay() {
        assert_eq!(cookies(&["a=1; b=2"]), ["a=1; b=2"]);
        assert!(cookies(&[]).is_empty());
    }
}
