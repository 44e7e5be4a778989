//! A call on its way through a foreign service, which may call back into a pipeline of ours.

use std::any::Any;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use bytes::{Buf, Bytes};
use http_body::{Body as HttpBody, Frame};
use owin_core::body::Whole;
use owin_core::{CancelReason, Environment, Error, Headers, RequestBody, ResponseState, keys};
use tower_service::Service;

use crate::body::Body;
use crate::carried::{Carried, lost};
use crate::error::{BoxError, Errors};
use crate::gone::UnlessGone;

/// Gives the request to a service that never calls back, and puts its response into the environment.
/// Where the client goes meanwhile the service is given up.
pub(crate) async fn ask<S, B>(
    mut service: S,
    mut env: Environment,
    errors: &Errors,
) -> Result<Environment, Error>
where
    S: Service<http::Request<RequestBody>, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody<Data: Buf, Error: Into<BoxError>> + Send + 'static,
{
    let ready = poll_fn(|cx| service.poll_ready(cx));
    let ready = UnlessGone::new(ready, env.request().cancelled()).await?;
    ready.map_err(|error| errors.ours(error))?;
    let future = service.call(owin_http::take_request(&mut env));
    let response = UnlessGone::new(future, env.request().cancelled()).await?;
    answered(env, response.map_err(|error| errors.ours(error))?)
}

/// Gives the request to the service, and puts its response into the environment; the service may call
/// back into the pipeline.
pub(crate) async fn cross<S, B>(
    mut service: S,
    mut env: Environment,
    errors: &Errors,
) -> Result<Environment, Error>
where
    S: Service<http::Request<RequestBody>, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody<Data: Buf, Error: Into<BoxError>> + Send + 'static,
{
    // A clone has a readiness of its own, and it is the one that is called.
    let ready = poll_fn(|cx| service.poll_ready(cx)).await;
    ready.map_err(|error| errors.ours(error))?;
    // No request is kept while something is awaited: the future of a call is copied as it starts.
    let mut request = owin_http::take_request(&mut env);
    let carried = Carried::new(env);
    let _before = request.extensions_mut().insert(carried.clone());
    let future = carried.scope(|| service.call(request));
    let response = carried.around(future).await.map_err(|error| errors.ours(error))?;
    match carried.stand_in() {
        None => answered(carried.take().ok_or_else(lost)?, response),
        Some(stand_in) => {
            let pushed = Box::pin(pushed(&carried, stand_in, response));
            carried.around(pushed).await
        }
    }
}

/// The app inside is done, or was never called, or was given up: the response is at hand.
fn answered<B>(mut env: Environment, response: http::Response<B>) -> Result<Environment, Error>
where
    B: HttpBody<Data: Buf, Error: Into<BoxError>> + Send + 'static,
{
    let (parts, body) = response.into_parts();
    match as_it_came(body) {
        Ok(whole) => owin_http::put_response(&mut env, http::Response::from_parts(parts, whole))?,
        Err(body) => owin_http::put_response(&mut env, http::Response::from_parts(parts, body))?,
    }
    Ok(env)
}

/// A body that no layer has wrapped, as the app inside left it.
fn as_it_came<B: 'static>(body: B) -> Result<Whole, B> {
    let mut place = Some(body);
    let any: &mut dyn Any = &mut place;
    let ours = any.downcast_mut::<Option<Body>>().and_then(Option::take);
    match (ours.map(Body::into_whole), place) {
        (Some(whole), _) => Ok(whole),
        (None, Some(body)) => Err(body),
        (None, None) => unreachable!("the body is only taken out where it is returned"),
    }
}

/// The app inside goes on while its response does: what comes through the layer goes to where the
/// environment came from.
async fn pushed<B>(
    carried: &Carried,
    mut stand_in: Environment,
    response: http::Response<B>,
) -> Result<Environment, Error>
where
    B: HttpBody<Data: Buf, Error: Into<BoxError>> + Send + 'static,
{
    let (parts, body) = response.into_parts();
    owin_http::put_response(&mut stand_in, http::Response::from_parts(parts.clone(), no_body()))?;
    let mut body = Whole::stream(body);
    let trailers = match pass_on(&mut stand_in, &mut body).await {
        Ok(trailers) => trailers,
        Err(error) => {
            // Where the client has gone the app may put things in order; it is told, and cannot write
            // any more. A body that has failed is over, and then the app is given up at once.
            carried.cancel(CancelReason::WriteFailed);
            while let Some(Ok(_unsent)) = next_frame(&mut body).await {}
            return Err(error);
        }
    };
    let mut env = carried.take().ok_or_else(lost)?;
    owin_http::put_response(&mut env, http::Response::from_parts(parts, no_body()))?;
    if let Some(trailers) = trailers {
        env.set(keys::SERVER_RESPONSE_TRAILERS, trailers).map(drop)?;
    }
    if stand_in.response_state() != ResponseState::Open {
        env.start_response()?;
    }
    Ok(env)
}

/// Writes a body to an environment, and flushes whenever there is no more of it for now. Gives its
/// trailer fields.
async fn pass_on(env: &mut Environment, body: &mut Whole) -> Result<Option<Headers>, Error> {
    loop {
        let at_hand = poll_fn(|cx| match Pin::new(&mut *body).poll_frame(cx) {
            Poll::Ready(frame) => Poll::Ready(Some(frame)),
            Poll::Pending => Poll::Ready(None),
        });
        let frame = match at_hand.await {
            Some(frame) => frame,
            None => {
                env.response_mut().flush().await?;
                next_frame(body).await
            }
        };
        let Some(frame) = frame else { return Ok(None) };
        match frame?.into_data() {
            Ok(data) => env.response_mut().write_bytes(data).await?,
            Err(frame) => return Ok(frame.into_trailers().ok().map(Headers::from)),
        }
    }
}

async fn next_frame(body: &mut Whole) -> Option<Result<Frame<Bytes>, Error>> {
    poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
}

fn no_body() -> Whole {
    Whole::empty()
}
