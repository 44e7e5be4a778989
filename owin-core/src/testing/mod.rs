//! Runs an app in memory: no socket, no runtime.
//!
//! ```
//! use owin_core::{Environment, Error, testing::TestHost};
//!
//! # async fn example() -> Result<(), Error> {
//! let host = TestHost::new(async |mut env: Environment| -> Result<Environment, Error> {
//!     env.response_mut().set_body("hello");
//!     Ok(env)
//! });
//! let mut response = host.get("/").send().await?;
//! assert_eq!(response.status(), 200);
//! assert_eq!(response.text().await?, "hello");
//! # Ok(())
//! # }
//! ```

mod duplex;
mod host;
mod request;
mod response;
mod server;

pub use self::duplex::{MemoryStream, memory_pair};
pub use self::host::TestHost;
pub use self::request::TestRequest;
pub use self::response::TestResponse;
pub use self::server::{MemoryClient, MemoryServer};
