//! What a run asks a server in HTTP/2.

use std::sync::{Arc, Mutex};

use crate::check::{Feature, Profile};
use crate::judge::GET;
use crate::run::Site;
use crate::wire::{Answer, Missing, Transcript, http2};

impl Site {
    /// Whether the server still answers a plain `GET` on a new connection, in the protocol that the
    /// profile is about.
    pub(crate) fn canary_of(&self, profile: Profile) -> Result<(), Missing> {
        let is_http2 = profile == Profile::Http2 && self.claims(Feature::Http2);
        if is_http2 { self.canary_in_http2() } else { self.canary() }
    }

    /// The same, in HTTP/2.
    pub(crate) fn canary_in_http2(&self) -> Result<(), Missing> {
        self.get_http2(&self.target("reply", "canary")).map(drop)
    }

    /// Whether SETTINGS come back for the preface of HTTP/2.
    pub(super) fn has_http2(&self) -> bool {
        let log = Arc::new(Mutex::new(Transcript::new()));
        let Ok(mut link) = self.connect_http2(log) else { return false };
        link.open(&[]);
        let quiet = link.quiet();
        link.wait(quiet, |peer| peer.has_settings).is_ok()
    }

    /// Asks for a target in HTTP/2, on a connection of its own.
    pub(super) fn get_http2(&self, target: &str) -> Result<Answer, Missing> {
        let log = Arc::new(Mutex::new(Transcript::new()));
        let link = self.connect_http2(log);
        let mut link = link.map_err(|error| Missing::Refused(error.to_string()))?;
        link.open(&[]);
        let fill = http2::Fill {
            scheme: if self.is_secured() { "https" } else { "http" },
            ..http2::Fill::new(target, self.authority())
        };
        let (flags, stream) = (http2::END_STREAM | http2::END_HEADERS, link.next_stream());
        link.send(&http2::Frame::new(http2::HEADERS, flags, stream, fill.block(&[GET])));
        link.answer(stream)
    }
}
