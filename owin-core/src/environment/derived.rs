//! Keys whose values follow from something else, mostly the connection: read through, and adopted
//! once somebody writes.

use crate::environment::slot::Presence;
use crate::environment::{AnyValue, Environment, Value};
use crate::keys::Known;

impl Environment {
    /// The value that shows through a key that nobody touched.
    #[inline]
    pub(super) fn derived(&self, known: Known) -> Option<&dyn AnyValue> {
        if known.is_opaque() { None } else { self.look_behind(known) }
    }

    fn look_behind(&self, known: Known) -> Option<&dyn AnyValue> {
        if self.inner.slots.slot(known).presence() != Presence::Untouched {
            return None;
        }
        if known == Known::SERVER_REQUEST_TRAILERS {
            let trailers: &dyn AnyValue = self.inner.slots.request_body.get()?.trailers()?;
            return Some(trailers);
        }
        let connection = self.inner.connection.as_deref()?;
        match known {
            Known::REQUEST_ID => Some(self.request_id()),
            _ => connection.derived(known),
        }
    }

    /// The id of the call: that of the connection and the number of the request on it.
    fn request_id(&self) -> &String {
        self.inner.request_id.get_or_init(|| {
            let connection = self.inner.connection.as_deref().map_or("", |known| known.id());
            format!("{connection}:{:08X}", self.inner.request_number)
        })
    }

    /// Copies what shows through into the key's own field, so that it can be changed.
    pub(super) fn adopt(&mut self, known: Known) {
        let copy = self.derived(known).and_then(copied);
        if let Some(copy) = copy {
            let adopted = self.inner.slots.slot_mut(known).put_value(copy);
            debug_assert!(adopted.is_ok(), "a derived value has the type of its key");
        }
    }
}

impl Known {
    /// Says whether nothing ever shows through the key: what is asked for in every call is known not
    /// to be there without a look at the connection.
    const fn is_opaque(self) -> bool {
        matches!(
            self,
            Self::REQUEST_BODY
                | Self::REQUEST_PATH
                | Self::RESPONSE_BODY
                | Self::RESPONSE_HEADERS
                | Self::RESPONSE_PROTOCOL
                | Self::RESPONSE_REASON_PHRASE
                | Self::RESPONSE_STATUS_CODE
                | Self::SERVER_RAW_TARGET
                | Self::SERVER_RESPONSE_TRAILERS
                | Self::OPAQUE_UPGRADE
                | Self::WEBSOCKET_ACCEPT
        )
    }
}

/// Copies a value of one of the types that a connection has.
fn copied(value: &dyn AnyValue) -> Option<Value> {
    fn as_a<T: AnyValue + Clone>(value: &dyn AnyValue) -> Option<Value> {
        let value: &dyn std::any::Any = value;
        value.downcast_ref::<T>().cloned().map(Value::new)
    }
    as_a::<String>(value)
        .or_else(|| as_a::<bool>(value))
        .or_else(|| as_a::<crate::properties::Capabilities>(value))
        .or_else(|| as_a::<crate::Addresses>(value))
        .or_else(|| as_a::<crate::CallCancelled>(value))
        .or_else(|| as_a::<crate::features::TraceOutput>(value))
        .or_else(|| as_a::<crate::features::ClientCertificate>(value))
        .or_else(|| as_a::<crate::features::TlsHandshake>(value))
        .or_else(|| as_a::<crate::send_file::SendFile>(value))
        .or_else(|| as_a::<crate::Headers>(value))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::features::ConnectionInfo;

    #[test]
    fn nothing_shows_through_a_key_that_is_opaque() {
        let env = Environment::on(Arc::new(ConnectionInfo::new()));
        assert!(env.look_behind(Known::REQUEST_ID).is_some());
        for known in Known::ALL.iter().filter(|known| known.is_opaque()) {
            assert!(env.look_behind(*known).is_none(), "{known:?}");
        }
    }
}
