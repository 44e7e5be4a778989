//! How sockets are made, and who may choose what of it.

use std::time::Duration;

use crate::{Limits, NowinServer};

/// How long bytes that were sent may go without an answer of the client's system.
const USER_TIMEOUT: Duration = Duration::from_secs(30);

/// Who may listen on the same ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sharing {
    /// Nobody else.
    #[default]
    Nobody,
    /// The threads of this server.
    Threads,
    /// Other processes of the same user too.
    Processes,
}

/// What can be chosen of the sockets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sockets {
    pub(super) sharing: Sharing,
    pub(super) user_timeout: Option<Duration>,
    pub(super) unix_mode: u32,
    /// How many connections may wait to be accepted: the limit of that name.
    pub(super) backlog: i32,
}

impl Default for Sockets {
    fn default() -> Self {
        Self {
            sharing: Sharing::Nobody,
            user_timeout: Some(USER_TIMEOUT),
            unix_mode: 0o600,
            backlog: backlog_of(&Limits::default()),
        }
    }
}

impl Sockets {
    /// The same within limits.
    pub(super) fn within(mut self, limits: &Limits) -> Self {
        self.backlog = backlog_of(limits);
        self
    }

    /// For a server whose threads have sockets of their own.
    pub(super) fn for_threads(mut self) -> Self {
        self.sharing = self.sharing.max(Sharing::Threads);
        self
    }
}

fn backlog_of(limits: &Limits) -> i32 {
    i32::try_from(limits.backlog).unwrap_or(i32::MAX)
}

impl NowinServer {
    /// Lets other processes of the same user listen on the same ports (`SO_REUSEPORT`): the system
    /// shares the connections out among them. Not so at first, for then a port that is in use by
    /// mistake is no error.
    #[must_use]
    pub fn with_reuse_port(mut self, may_share: bool) -> Self {
        self.sockets.sharing = if may_share { Sharing::Processes } else { Sharing::Nobody };
        self
    }

    /// Chooses how long bytes that were sent may go without an answer of the client's system before
    /// the connection is lost (`TCP_USER_TIMEOUT`, RFC 5482); 30 seconds at first, `None` for what
    /// the system does, which may be a quarter of an hour. Only Linux knows it.
    #[must_use]
    pub fn with_user_timeout(mut self, most: Option<Duration>) -> Self {
        self.sockets.user_timeout = most;
        self
    }

    /// Chooses who may connect to Unix sockets that have a file, by the rights of the file.
    ///
    /// At first 0o600: nobody but the user that the server runs as. Every user with the right to
    /// write can send requests, so wider rights are for whoever knows the group to choose: 0o660
    /// lets in a proxy of the same group, 0o666 everybody. The file never has wider rights than
    /// these while somebody can connect, and the umask does not matter.
    ///
    /// ```
    /// use nowin_like_server::NowinServer;
    ///
    /// let server = NowinServer::new().with_unix_mode(0o660);
    /// # drop(server);
    /// ```
    #[must_use]
    pub fn with_unix_mode(mut self, mode: u32) -> Self {
        self.sockets.unix_mode = mode & 0o777;
        self
    }
}
