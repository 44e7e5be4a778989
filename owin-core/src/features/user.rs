//! `owin.RequestUser`: who makes the request.

/// An authenticated identity: a name, how it was established, and what is claimed of it.
///
/// ```
/// use owin_core::features::User;
///
/// let user = User::new("ada", "Bearer").with_claim("role", "admin");
/// assert_eq!(user.claim("role"), Some("admin"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    name: String,
    scheme: String,
    claims: Vec<(String, String)>,
}

impl User {
    /// Makes a user of that name, authenticated by that scheme.
    #[must_use]
    pub fn new(name: impl Into<String>, scheme: impl Into<String>) -> Self {
        Self { name: name.into(), scheme: scheme.into(), claims: Vec::new() }
    }

    /// Adds a claim; a type of claim may occur more than once.
    #[must_use]
    pub fn with_claim(mut self, kind: impl Into<String>, value: impl Into<String>) -> Self {
        self.claims.push((kind.into(), value.into()));
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How the identity was established, as in `Bearer` or `ClientCertificate`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The first claim of that type.
    #[must_use]
    pub fn claim(&self, kind: &str) -> Option<&str> {
        self.claims().find(|(claimed, _)| *claimed == kind).map(|(_, value)| value)
    }

    /// Every claim, in the order in which they were added.
    pub fn claims(&self) -> impl Iterator<Item = (&str, &str)> {
        self.claims.iter().map(|(kind, value)| (kind.as_str(), value.as_str()))
    }
}
