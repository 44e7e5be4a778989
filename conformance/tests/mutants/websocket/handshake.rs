//! The handshake, and the little of HTTP that is before it.

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::faults::Fault;

/// A request without a body.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) path: String,
    pub(super) nonce: String,
    is_get: bool,
    is_11: bool,
    fields: Vec<(String, String)>,
}

impl Head {
    pub(super) fn read(text: &str) -> Self {
        let mut lines = text.split("\r\n");
        let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let (path, query) = word(1).split_once('?').unwrap_or((word(1), ""));
        let fields = lines.filter_map(|line| line.split_once(':'));
        Self {
            path: path.to_owned(),
            nonce: query.strip_prefix("nonce=").unwrap_or_default().to_owned(),
            is_get: word(0) == "GET",
            is_11: word(2) == "HTTP/1.1",
            fields: fields.map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned())).collect(),
        }
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn closes(&self) -> bool {
        self.value("connection") == Some("close")
    }

    fn has(&self, name: &str, word: &str, is_usual: bool) -> bool {
        let lines = self.fields.iter().filter(|(own, _)| own == name);
        let mut words = lines.flat_map(|(_, value)| value.split(',')).map(str::trim);
        words.any(|own| own == word || (!is_usual && own.eq_ignore_ascii_case(word)))
    }

    /// Whether the key has the form of 16 bytes in base64.
    fn has_key(&self) -> bool {
        let key = self.value("sec-websocket-key").unwrap_or_default();
        let digits = key.strip_suffix("==").unwrap_or_default();
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        digits.len() == 22 && digits.bytes().all(is_digit)
    }

    /// The answer to a handshake; by 101 it is taken.
    pub(super) fn switch(&self, fault: Option<Fault>) -> String {
        let has = |own| fault == Some(own);
        let refusal = |status: &str| format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        let is_usual = has(Fault::UsualWords);
        let has_words = self.has("upgrade", "websocket", is_usual)
            && self.has("connection", "Upgrade", is_usual);
        if !has_words && !has(Fault::NoWords) {
            return refusal("404 No");
        }
        let is_right = self.is_get && self.is_11;
        if !is_right && !has(Fault::AnyMethod) {
            return refusal("400 No");
        }
        if self.value("sec-websocket-version") != Some("13") && !has(Fault::AnyVersion) {
            let said = if has(Fault::VersionUnsaid) { "" } else { "\r\nSec-WebSocket-Version: 13" };
            return refusal(&format!("426 No{said}"));
        }
        if !self.has_key() && !has(Fault::AnyKey) {
            return refusal("400 No");
        }
        let key = self.value("sec-websocket-key").unwrap_or_default();
        let key = if has(Fault::OneKeyForAll) { "dGhlIHNhbXBsZSBub25jZQ==" } else { key };
        let accept = derive_accept_key(key.as_bytes());
        let mut answer =
            "HTTP/1.1 101 Well\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n".to_owned();
        answer += &format!("Sec-WebSocket-Accept: {accept}\r\n");
        if has(Fault::ProtocolUnasked) {
            answer += "Sec-WebSocket-Protocol: chat\r\n";
        } else if self.has("sec-websocket-protocol", "echo.probe", false) {
            answer += "Sec-WebSocket-Protocol: echo.probe\r\n";
        }
        if has(Fault::ExtensionUnasked) {
            answer += "Sec-WebSocket-Extensions: permessage-deflate\r\n";
        }
        answer + "\r\n"
    }
}
