//! A response as it came over the wire.

/// A response, field lines in their order.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status_line: String,
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<String>,
}

/// Where the body ends.
pub(super) enum Framing {
    Empty,
    Length(usize),
    Chunked,
    ToEnd,
}

impl Response {
    pub(super) fn parse(head: &str) -> Self {
        let mut lines = head.split_terminator("\r\n");
        let status_line = lines.next().unwrap_or_default().to_owned();
        let mut words = status_line.splitn(3, ' ');
        assert_eq!(words.next(), Some("HTTP/1.1"), "{head}");
        let status = words.next().unwrap().parse().unwrap();
        assert!(words.next().is_some(), "a blank stands behind the status: {status_line:?}");
        let fields = lines.map(|line| {
            let (name, value) = line.split_once(": ").expect(line);
            (name.to_ascii_lowercase(), value.to_owned())
        });
        let fields = fields.collect();
        Self { status_line, status, fields, body: Vec::new(), trailers: Vec::new() }
    }

    pub(super) fn framing(&self) -> Framing {
        let length = self.field("content-length").map(|length| length.parse().unwrap());
        match (self.status, self.field("transfer-encoding"), length) {
            (100..=199 | 204 | 304, _, _) => Framing::Empty,
            (_, Some("chunked"), None) => Framing::Chunked,
            (_, None, Some(length)) => Framing::Length(length),
            (_, None, None) => Framing::ToEnd,
            _ => panic!("the framing of {self:?}"),
        }
    }

    /// The first line of that name.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// Every line of that name.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let lines = self.fields.iter().filter(|(other, _)| other == name);
        lines.map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn is_chunked(&self) -> bool {
        self.field("transfer-encoding") == Some("chunked")
    }

    pub(crate) fn closes(&self) -> bool {
        self.field("connection") == Some("close")
    }
}
