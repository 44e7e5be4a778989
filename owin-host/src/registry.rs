//! The servers that a program knows, by name.

use owin_core::{Error, Server};

/// The servers that a program knows, by name.
///
/// ```
/// use owin_core::testing::MemoryServer;
/// use owin_host::Registry;
///
/// let registry = Registry::new().with(MemoryServer::new().0);
/// assert!(registry.choose(Some("iis")).is_err());
/// ```
#[derive(Default)]
pub struct Registry(Vec<Box<dyn Server>>);

impl Registry {
    /// Makes a registry without servers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a server under its own name.
    #[must_use]
    pub fn with(mut self, server: impl Server + 'static) -> Self {
        self.0.push(Box::new(server));
        self
    }

    /// The names, in the order in which the servers were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|server| server.name())
    }

    /// Takes the server of that name; without a name, the first.
    ///
    /// # Errors
    ///
    /// Where there is none; the message lists the names that there are.
    pub fn choose(mut self, name: Option<&str>) -> Result<Box<dyn Server>, Error> {
        match self.0.iter().position(|server| name.is_none_or(|name| server.name() == name)) {
            Some(at) => Ok(self.0.swap_remove(at)),
            None => {
                let known: Vec<&str> = self.names().collect();
                let known = known.join(", ");
                let name = name.unwrap_or_default();
                Err(Error::server(format!("there is no server {name:?}; there are: {known}")))
            }
        }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
