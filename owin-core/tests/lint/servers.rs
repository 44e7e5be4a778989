//! Servers that hand in a broken environment; a middleware outside the lint could do the same.

use owin_core::features::{TlsHandshake, User};
use owin_core::middleware::Next;
use owin_core::testing::TestHost;
use owin_core::{
    AppExt, CancelReason, Capabilities, Dictionary, Environment, Error, Lint, Properties,
    ResponseBody, Value, Version, from_fn, keys,
};

use crate::{breaks, finish, hello, of_app, of_server, recorded, recording_host};

breaks! {
    "OWIN-023" a_user_without_a_name_is_named => of_server(|env| {
        env.set(keys::REQUEST_USER, User::new("", "Basic")).map(drop)
    });
    "OWIN-025" a_response_body_that_takes_nothing_is_named => of_server(|env| {
        let _taken = env.response_mut().replace_outlet(ResponseBody::detached());
        Ok(())
    });
    "OWIN-030" a_call_that_is_cancelled_from_the_start_is_named => recorded(hello, |host| {
        let request = host.get("/");
        request.canceller().cancel(CancelReason::PeerReset);
        request
    });
    "OWIN-034" a_field_name_that_is_no_token_is_named => illegal_line("foo ", b"x");
    "OWIN-034" a_field_value_with_a_line_end_is_named => illegal_line("foo", b"x\r\nbar: y");
    "OWIN-091" a_request_without_scheme_is_named => of_server(|env| {
        env.request_mut().set_scheme("");
        Ok(())
    });
    "OWIN-092" a_request_without_host_is_named => of_server(|env| {
        env.request_mut().headers_mut().remove("host");
        Ok(())
    });
    "OWIN-093" a_host_with_user_information_is_named =>
        recorded(hello, |host| host.get("/").host("ada@localhost"));
    "OWIN-097" a_blank_host_is_named => recorded(hello, |host| host.get("/").host(" "));
    "OWIN-098" a_path_base_with_a_slash_at_its_end_is_named => of_server(|env| {
        env.request_mut().set_path_base("/api/");
        Ok(())
    });
    "OWIN-099" a_path_base_without_a_slash_is_named => of_server(|env| {
        env.request_mut().set_path_base("api");
        Ok(())
    });
    "OWIN-100" an_empty_path_at_the_root_is_named => of_server(|env| {
        env.request_mut().set_path("");
        Ok(())
    });
    "OWIN-100" a_path_without_a_slash_is_named => of_server(|env| {
        env.request_mut().set_path_base("/api");
        env.request_mut().set_path("orders");
        Ok(())
    });
    "OWIN-110" a_decoded_query_is_named => of_server(|env| {
        env.request_mut().set_query_string("name=ada lovelace");
        Ok(())
    });
    "OWIN-113" a_dot_segment_is_named => of_server(|env| {
        env.request_mut().set_path("/a/../../etc/passwd");
        Ok(())
    });
    "OWIN-113" a_nul_in_the_path_is_named => of_server(|env| {
        env.request_mut().set_path("/a\0");
        Ok(())
    });
    "OWIN-121" another_version_than_was_announced_is_named => after_start(|env| {
        env.set(keys::OWIN_VERSION, "1.1".parse::<Version>()?).map(drop)
    });

    "CK-004" a_key_in_another_form_is_named => of_server(|env| set(env, "My.tenant"));
    "CK-005" a_new_key_of_owin_is_named => of_server(|env| set(env, "owin.RequestTenant"));
    "CK-007" a_value_of_tls_under_another_prefix_is_named => of_server(|env| {
        let tls = TlsHandshake::new("TLSv1.3", "TLS13_AES_128_GCM_SHA256");
        env.set_value("my.Handshake", Value::new(tls)).map(drop)
    });
    "CK-008" a_key_without_a_prefix_is_named => of_server(|env| set(env, "Tenant"));
    "CK-009" two_keys_that_differ_in_case_are_named => of_server(|env| {
        set(env, "my.TenantId")?;
        set(env, "my.TenantID")
    });
    "CK-016" an_empty_optional_value_is_named => of_server(|env| {
        env.set(keys::SERVER_REMOTE_IP_ADDRESS, "").map(drop)
    });
    "CK-018" a_key_with_two_types_is_named => two_calls(
        |env| env.set_value("my.Tenant", Value::new(7_u32)).map(drop),
        |env| env.set_value("my.Tenant", Value::new(7_u64)).map(drop),
    );
    "CK-024" capabilities_that_change_are_named => two_calls(
        |env| env.set(keys::SERVER_CAPABILITIES, said("one")).map(drop),
        |env| env.set(keys::SERVER_CAPABILITIES, said("two")).map(drop),
    );
    "CK-025" capabilities_of_another_instance_are_named => after_start(|env| {
        env.set(keys::SERVER_CAPABILITIES, said(TestHost::NAME)).map(drop)
    });
    "CK-025" capabilities_that_are_kept_back_are_named => after_start(|env| {
        env.remove(keys::SERVER_CAPABILITIES).map(drop)
    });
    "CK-028" a_value_of_a_call_among_the_capabilities_is_named => of_server(|env| {
        let mut said = Capabilities::of_server(TestHost::NAME);
        said.set(keys::SERVER_CONNECTION_ID, "7")?;
        env.set(keys::SERVER_CAPABILITIES, Capabilities::new(said)).map(drop)
    });
}

/// A server that lets an illegal line through; it is a middleware, since the host looks at the lines.
async fn illegal_line(name: &'static str, value: &'static [u8]) -> Vec<&'static str> {
    let (lint, violations) = Lint::recording();
    let server = from_fn(async move |mut env: Environment, next: Next| {
        let raw = env.request_mut().headers_mut().raw_mut();
        raw.push("host", b"localhost");
        raw.push(name, value);
        next.run(env).await
    });
    finish(TestHost::new(hello.with(lint).with(server)).get("/")).await;
    violations.ids()
}

fn set(env: &mut Environment, name: &'static str) -> Result<(), Error> {
    env.set_value(name, Value::new(7_u32)).map(drop)
}

fn said(name: &str) -> Capabilities {
    Capabilities::new(Capabilities::of_server(name))
}

/// A server that fills the environments of two calls differently.
async fn two_calls(
    first: impl FnOnce(&mut Environment) -> Result<(), Error>,
    second: impl FnOnce(&mut Environment) -> Result<(), Error>,
) -> Vec<&'static str> {
    let (host, violations) = recording_host(hello);
    finish(host.get("/").with(first)).await;
    finish(host.get("/").with(second)).await;
    violations.ids()
}

/// A server that announces the one and does the other, before a lint that knows the properties.
async fn after_start(
    fill: impl FnOnce(&mut Environment) -> Result<(), Error>,
) -> Vec<&'static str> {
    let mut properties = Properties::new();
    let _fresh = owin_core::server::announce(&mut properties, said(TestHost::NAME));
    let (lint, violations) = Lint::recording();
    let app = hello.with(lint.with_properties(&properties)).boxed();
    let host = TestHost::with_properties(app, &properties);
    finish(host.get("/")).await;
    assert!(violations.is_empty(), "a server that keeps its word: {violations:?}");
    finish(host.get("/").with(fill)).await;
    violations.ids()
}

#[tokio::test]
async fn the_name_of_a_type_is_a_legal_key() {
    let seen = of_server(|env| set(env, "my_server::Connection")).await;
    assert!(seen.is_empty(), "{seen:?}");
}

#[tokio::test]
async fn keys_that_the_app_adds_are_judged_too() {
    let seen = of_app(async |mut env: Environment| -> Result<Environment, Error> {
        set(&mut env, "owin.Tenant")?;
        Ok(env)
    });
    assert_eq!(seen.await, ["CK-005"]);
}

#[tokio::test]
async fn a_key_is_judged_once_however_many_layers_it_passes() {
    let seen = of_server(|env| {
        env.set_value("tenant", Value::new(Dictionary::new())).map(drop)?;
        env.remove_value("tenant").map(drop)?;
        set(env, "tenant")
    });
    assert_eq!(seen.await, ["CK-008"]);
}
