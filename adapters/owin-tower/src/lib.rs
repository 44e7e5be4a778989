#![doc = include_str!("../README.md")]

mod app;
mod body;
mod calls;
mod carried;
mod crossing;
mod environment;
mod error;
mod gone;
mod layer;
mod middleware;
mod service;

pub use self::app::{ServiceApp, app};
pub use self::body::Body;
pub use self::environment::{
    EnvironmentApp, EnvironmentLayer, EnvironmentService, environment_layer,
};
pub use self::error::BoxError;
pub use self::layer::{LayerApp, TowerLayer, layer};
pub use self::middleware::{MiddlewareLayer, as_layer};
pub use self::service::{AppService, ServiceFuture, is_within, service};
