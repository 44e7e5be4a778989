//! A head, read strictly but for the fault.

use super::faults::Fault;

/// A request without its body.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Where the target had a scheme.
    pub(crate) authority: Option<String>,
    pub(crate) minor: u8,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    pub(crate) framing: Framing,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    #[default]
    None,
    Length(u64),
    Chunked,
}

/// The status that refuses a head.
pub(crate) type Refused = u16;

/// Reads the lines of a head, without the empty one.
pub(crate) fn read(bytes: &[u8], fault: Option<Fault>) -> Result<Head, Refused> {
    let mut lines = split(bytes).into_iter();
    let mut head = Head::default();
    request_line(lines.next().unwrap_or_default(), &mut head, fault)?;
    let mut is_first = true;
    for line in lines {
        field(line, is_first, &mut head, fault)?;
        is_first = false;
    }
    host(&head, fault)?;
    head.framing = framing(&head, fault)?;
    Ok(head)
}

/// The lines between CRLFs; a CR or LF alone stays in its line.
fn split(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut lines, mut rest) = (Vec::new(), bytes);
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        lines.push(&rest[..end]);
        rest = &rest[end + 2..];
    }
    lines.push(rest);
    lines
}

fn request_line(line: &[u8], head: &mut Head, fault: Option<Fault>) -> Result<(), Refused> {
    let first = line.iter().position(|byte| *byte == b' ').ok_or(400_u16)?;
    let last = line.iter().rposition(|byte| *byte == b' ').ok_or(400_u16)?;
    let (method, version) = (&line[..first], &line[last + 1..]);
    let target = line.get(first + 1..last).ok_or(400_u16)?;
    if !is_token(method) && fault != Some(Fault::AnyMethodTaken) {
        return Err(if fault == Some(Fault::OddMethodNotAllowed) { 405 } else { 400 });
    }
    let is_odd = |byte: &u8| match byte {
        b' ' => fault != Some(Fault::TargetWithBlanks),
        b'!'..=b'~' => false,
        b'\t' => true,
        _ => fault != Some(Fault::TargetWithControls),
    };
    if target.is_empty() || target.iter().any(is_odd) {
        return Err(400);
    }
    head.minor = match version {
        b"HTTP/1.1" => 1,
        b"HTTP/1.0" => 0,
        _ if fault == Some(Fault::AnyVersionTaken) => 1,
        _ => return Err(400),
    };
    head.method = String::from_utf8_lossy(method).into_owned();
    head.target = String::from_utf8_lossy(target).into_owned();
    let whole = ["http://", "https://"].iter().find_map(|scheme| head.target.strip_prefix(scheme));
    if let Some(rest) = whole {
        if fault == Some(Fault::AbsoluteTargetRefused) {
            return Err(400);
        }
        let (authority, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        (head.authority, head.target) = (Some(authority.to_owned()), target.to_owned());
    }
    Ok(())
}

fn field(
    line: &[u8],
    is_first: bool,
    head: &mut Head,
    fault: Option<Fault>,
) -> Result<(), Refused> {
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        let trimmed = if is_first { Fault::FirstLineTrimmed } else { Fault::FoldDropped };
        return match fault {
            Some(Fault::FoldIsBlanks) if !is_first => {
                let whole = head.fields.last_mut().map(|(_, value)| value).ok_or(400_u16)?;
                *whole = [whole, &b"  "[..], line].concat();
                Ok(())
            }
            Some(fault) if fault == trimmed && !is_first => Ok(()),
            Some(fault) if fault == trimmed => field(line.trim_ascii(), false, head, None),
            _ => Err(400),
        };
    }
    let colon = line.iter().position(|byte| *byte == b':').ok_or(400_u16)?;
    let (mut name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
    let trimmed = name.trim_ascii_end();
    if trimmed != name && trimmed.eq_ignore_ascii_case(b"transfer-encoding") {
        return if fault == Some(Fault::BlankHidesCoding) { Ok(()) } else { Err(400) };
    }
    if fault == Some(Fault::NamesTrimmed) {
        name = trimmed;
    }
    let is_odd = match fault {
        Some(Fault::NamesWithParentheses) => {
            !is_token(&name.iter().copied().filter(|b| !b"()".contains(b)).collect::<Vec<_>>())
        }
        _ => !is_token(name),
    };
    let hides = fault == Some(Fault::ControlHidesCoding)
        && name.eq_ignore_ascii_case(b"transfer-encoding")
        && line.iter().any(u8::is_ascii_control);
    if hides {
        return Ok(());
    }
    if is_odd || line[colon + 1..].iter().any(|byte| is_bad(*byte, fault)) {
        return Err(400);
    }
    head.fields.push((String::from_utf8_lossy(name).into_owned(), value.to_vec()));
    Ok(())
}

fn is_bad(byte: u8, fault: Option<Fault>) -> bool {
    match byte {
        b'\r' => fault != Some(Fault::CarriageReturnKept),
        0 => fault != Some(Fault::NulKept),
        b'\t' => false,
        _ => byte.is_ascii_control(),
    }
}

fn is_token(name: &[u8]) -> bool {
    let is_tchar = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(is_tchar)
}

fn host(head: &Head, fault: Option<Fault>) -> Result<(), Refused> {
    let hosts = head.values("Host", fault);
    let is_one = match hosts.len() {
        0 => head.minor == 0 || fault == Some(Fault::NoHostTaken),
        1 => true,
        _ => fault == Some(Fault::LastHostCounts),
    };
    let is_host = |host: &&[u8]| {
        let mut parts = host.splitn(2, |byte| *byte == b':');
        let (mut name, mut port) =
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if let Some(end) = host.iter().position(|byte| *byte == b']').filter(|_| host[0] == b'[') {
            let is_address = host[1..end].iter().all(|b| b.is_ascii_hexdigit() || *b == b':');
            name = if is_address { b"" } else { b"?" };
            port = host[end + 1..].strip_prefix(b":").unwrap_or(&host[end + 1..]);
        }
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
        name.iter().all(is_letter) && port.iter().all(u8::is_ascii_digit)
    };
    let is_legal = hosts.iter().all(is_host) || fault == Some(Fault::AnyHostTaken);
    if is_one && is_legal { Ok(()) } else { Err(400) }
}

fn framing(head: &Head, fault: Option<Fault>) -> Result<Framing, Refused> {
    let codings = head.values("Transfer-Encoding", fault);
    let lengths = head.values("Content-Length", fault);
    let takes_length = fault == Some(Fault::LengthBesideChunksCounts) && head.minor == 1;
    let length_wins = takes_length && !lengths.is_empty();
    if !codings.is_empty() && !length_wins {
        return coding(head, &codings, !lengths.is_empty(), fault);
    }
    let length = match lengths.as_slice() {
        [] => return Ok(Framing::None),
        [length] => length,
        [.., last] if fault == Some(Fault::LastLengthCounts) => last,
        _ => return Err(400),
    };
    let is_fault = fault == Some(Fault::HugeLengthIs500) && length.len() > 19;
    let length = number(length, fault).ok_or(if is_fault { 500_u16 } else { 400 })?;
    let is_ignored = match fault {
        Some(Fault::LongLengthIgnored) => head.method == "POST" && length > 40,
        Some(Fault::LengthOfGetIgnored) => head.method == "GET",
        _ => false,
    };
    Ok(if is_ignored { Framing::None } else { Framing::Length(length) })
}

fn coding(
    head: &Head,
    codings: &[&[u8]],
    has_length: bool,
    fault: Option<Fault>,
) -> Result<Framing, Refused> {
    let old = head.minor == 0 && fault != Some(Fault::CodingInOldVersion);
    if old || (has_length && head.minor == 1) {
        return Err(400);
    }
    let whole = codings.join(&b","[..]).to_ascii_lowercase();
    let listed: Vec<&[u8]> = whole.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).collect();
    let is_chunked = |coding: &&[u8]| *coding == b"chunked";
    let is_exact = fault != Some(Fault::CodingInOneCase) || codings == [b"chunked"];
    match listed.as_slice() {
        [one] if is_chunked(one) && is_exact => Ok(Framing::Chunked),
        [_] if fault == Some(Fault::UnknownCodingPassedOver) => Ok(Framing::None),
        [.., last] if fault == Some(Fault::ChunkedAnywhere) => {
            let counts = listed.iter().any(is_chunked) && !is_chunked(last);
            if counts { Ok(Framing::Chunked) } else { Err(501) }
        }
        all if fault == Some(Fault::ChunkedTwice) && all.iter().all(is_chunked) => {
            Ok(Framing::Chunked)
        }
        _ => Err(501),
    }
}

fn number(text: &[u8], fault: Option<Fault>) -> Option<u64> {
    let mut digits = text;
    if fault == Some(Fault::FirstOfAListCounts) {
        digits = digits.split(|byte| *byte == b',').next()?;
    }
    if fault == Some(Fault::SignedLength) {
        digits = digits.strip_prefix(b"+").unwrap_or(digits);
    }
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    digits.iter().try_fold(0_u64, |sum, digit| {
        let digit = u64::from(digit - b'0');
        match fault {
            Some(Fault::LengthWraps) => Some(sum.wrapping_mul(10).wrapping_add(digit)),
            Some(Fault::BrokenOffTaken) => Some(sum.saturating_mul(10).saturating_add(digit)),
            _ => sum.checked_mul(10)?.checked_add(digit),
        }
    })
}

impl Head {
    /// The values of a field, whose usual name is given.
    pub(crate) fn values(&self, name: &str, fault: Option<Fault>) -> Vec<&[u8]> {
        let lower = name.to_ascii_lowercase();
        let is_own = |own: &str| match fault {
            Some(Fault::NamesInTwoCases) => own == name || own == lower,
            _ => own.eq_ignore_ascii_case(name),
        };
        let own = self.fields.iter().filter(|(own, _)| is_own(own));
        own.map(|(_, value)| value.as_slice()).collect()
    }

    /// Whether the connection goes on after the answer.
    pub(crate) fn keeps(&self, fault: Option<Fault>) -> bool {
        let whole = self.values("Connection", fault).join(&b","[..]).to_ascii_lowercase();
        let says = |word: &[u8]| whole.split(|b| *b == b',').any(|own| own.trim_ascii() == word);
        let closes = match fault {
            Some(Fault::CloseInAListIgnored) => whole == b"close",
            _ => says(b"close"),
        };
        let is_old = self.minor == 0 && fault != Some(Fault::OldConnectionsKept);
        !closes && (!is_old || says(b"keep-alive")) && fault != Some(Fault::EveryAnswerCloses)
    }
}
