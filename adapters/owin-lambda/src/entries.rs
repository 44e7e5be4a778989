//! The keys that this server adds.

use lambda_runtime::Context;
use owin_core::Key;
use serde_json::Value;

/// `lambda.Context`: what Lambda says of the invocation: its id, its deadline, the function.
///
/// ```
/// use owin_core::Environment;
///
/// let env = Environment::new();
/// assert!(env.get(owin_lambda::CONTEXT).is_none(), "no invocation");
/// ```
pub const CONTEXT: Key<Context> = Key::new("lambda.Context");

/// `lambda.RequestContext`: the `requestContext` of the event as it came: who was authorised by
/// whom, the ids of the gateway, the stage.
///
/// ```
/// use owin_core::Environment;
///
/// let env = Environment::new();
/// let said = env.get(owin_lambda::REQUEST_CONTEXT);
/// let claims = said.and_then(|said| said.pointer("/authorizer/jwt/claims"));
/// assert!(claims.is_none(), "no invocation");
/// ```
pub const REQUEST_CONTEXT: Key<Value> = Key::new("lambda.RequestContext");

/// `lambda.StageVariables`: an object; absent where the event has none.
///
/// ```
/// use owin_core::Environment;
///
/// let env = Environment::new();
/// assert!(env.get(owin_lambda::STAGE_VARIABLES).is_none(), "no invocation");
/// ```
pub const STAGE_VARIABLES: Key<Value> = Key::new("lambda.StageVariables");
