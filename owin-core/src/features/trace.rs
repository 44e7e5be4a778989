//! `host.TraceOutput`: lines for the host's log.

use std::fmt;
use std::sync::Arc;

/// Takes lines of text for the host's log (CommonKeys, host).
///
/// ```
/// use owin_core::features::TraceOutput;
///
/// let output = TraceOutput::new(|line| eprintln!("{line}"));
/// output.write_line("started");
/// ```
#[derive(Clone)]
pub struct TraceOutput(Arc<dyn Fn(&str) + Send + Sync>);

impl TraceOutput {
    /// Makes an output of what takes a line.
    #[must_use]
    pub fn new(write_line: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(write_line))
    }

    /// Writes a line; it has no line end of its own.
    pub fn write_line(&self, line: &str) {
        (self.0)(line);
    }
}

impl fmt::Debug for TraceOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TraceOutput")
    }
}
