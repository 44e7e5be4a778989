use owin_core::http::Version;
use owin_core::{BodyLength, Environment, keys};
use proptest::prelude::{any, prop, proptest};

use super::{Mount, Variables};

const USUAL: [(&str, &str); 4] = [
    ("REQUEST_METHOD", "GET"),
    ("SERVER_PROTOCOL", "HTTP/1.1"),
    ("HTTP_HOST", "h"),
    ("REQUEST_SCHEME", "http"),
];

fn variables<'a>(more: &[(&'a str, &'a str)]) -> Variables<'a> {
    let all = USUAL.iter().chain(more);
    Variables::new(all.map(|(name, value)| (name.as_bytes(), value.as_bytes())))
}

fn filled(more: &[(&str, &str)]) -> Result<Environment, u16> {
    filled_at(&Mount::Script, more)
}

fn filled_at(mount: &Mount, more: &[(&str, &str)]) -> Result<Environment, u16> {
    let variables = variables(more);
    let mut env = Environment::on(std::sync::Arc::new(variables.connection()));
    variables.fill(&mut env, mount).map_err(|error| error.status().as_u16())?;
    Ok(env)
}

fn refused(more: &[(&str, &str)]) -> u16 {
    filled(more).map(drop).expect_err(&format!("{more:?}"))
}

/// Base and path that follow from `SCRIPT_NAME`, `PATH_INFO` and `REQUEST_URI`.
fn paths(script: &str, info: &str, uri: &str) -> (String, String) {
    let all = [("SCRIPT_NAME", script), ("PATH_INFO", info), ("REQUEST_URI", uri)];
    let env = filled(&all).unwrap();
    (env.request().path_base().to_owned(), env.request().path().to_owned())
}

fn pair(base: &str, path: &str) -> (String, String) {
    (base.to_owned(), path.to_owned())
}

#[test]
fn what_web_servers_decode_and_merge_comes_back_from_the_target() {
    assert_eq!(paths("/app", "/a/b/c", "/app/a%2Fb//c"), pair("/app", "/a%2Fb//c"));
    assert_eq!(paths("/app", "/é x", "/app/%C3%A9%20x?q"), pair("/app", "/é x"));
    assert_eq!(paths("/app", "/x", "/app/./y/../x"), pair("/app", "/x"));
    assert_eq!(paths("/a b", "/%41", "/a%20b/%2541"), pair("/a b", "/%41"));
}

#[test]
fn the_path_of_the_web_server_counts_where_it_says_another() {
    // A rewriting rule, and readings of dots that differ: the web server's is what it let pass.
    assert_eq!(paths("/app", "/new", "/old"), pair("/app", "/new"));
    assert_eq!(paths("/app", "/b", "/app/a/..%2Fb"), pair("/app", "/b"));
    assert_eq!(paths("/app", "/b", "/app/a//../b"), pair("/app", "/b"));
    assert_eq!(paths("/app", "/x", "//app/x"), pair("/app", "/x"));
    assert_eq!(paths("/app", "/a%2Fb", "/app/a%2Fb"), pair("/app", "/a%2Fb"));
    let env = filled(&[("PATH_INFO", "/new"), ("REQUEST_URI", "/old")]).unwrap();
    assert_eq!(env.request().raw_target(), Some("/old"));
}

#[test]
fn without_a_target_the_path_is_what_the_web_server_decoded() {
    assert_eq!(paths("/app", "/a b/../é", ""), pair("/app", "/é"));
    assert_eq!(paths("", "/%2F%41", ""), pair("", "/%2F%41"));
    assert_eq!(paths("/app", "/a/../../x", ""), pair("/app", "/x"));
    let env = filled(&[("PATH_INFO", "/a")]).unwrap();
    assert_eq!(env.request().raw_target(), None);
}

#[test]
fn a_base_has_no_slash_at_its_end_and_a_path_is_empty_only_below_one() {
    // OWIN §5.3.
    assert_eq!(paths("/app", "", "/app"), pair("/app", ""));
    assert_eq!(paths("/app", "/", "/app/"), pair("/app", "/"));
    assert_eq!(paths("/", "", "/"), pair("", "/"));
    assert_eq!(paths("/app/", "", "/app/"), pair("/app", "/"));
    assert_eq!(paths("", "", ""), pair("", "/"));
    assert_eq!(paths("", "", "*"), pair("", "/"));
    assert_eq!(paths("", "", "http://real/x?q"), pair("", "/x"));
}

#[test]
fn a_chosen_base_is_split_off_wherever_the_script_ends() {
    let at = |base: &str, script, info| {
        let all = [("SCRIPT_NAME", script), ("PATH_INFO", info)];
        let env = filled_at(&Mount::At(base.to_owned()), &all)?;
        Ok((env.request().path_base().to_owned(), env.request().path().to_owned()))
    };
    assert_eq!(at("/app", "/app/a/b", ""), Ok(pair("/app", "/a/b")));
    assert_eq!(at("/app", "/app", "/a"), Ok(pair("/app", "/a")));
    assert_eq!(at("", "/app", "/a"), Ok(pair("", "/app/a")));
    assert_eq!(at("/app", "/apple", ""), Err(404));
    assert_eq!(at("/app", "", ""), Err(404));
}

#[test]
fn fields_come_back_under_their_names() {
    let env = filled(&[
        ("HTTP_X_NOTE", "one"),
        ("HTTP_X_NOTE", "two"),
        ("HTTP_ACCEPT", "*/*"),
        ("CONTENT_TYPE", "text/plain"),
        ("HTTP_CONTENT_TYPE", "text/other"),
        ("CONTENT_LENGTH", "5"),
        ("HTTP_CONTENT_LENGTH", "6"),
    ])
    .unwrap();
    let headers = env.request().headers();
    assert!(headers.get_all("x-note").eq(["one", "two"]));
    assert!(headers.get_all("content-type").eq(["text/plain"]));
    assert!(headers.get_all("content-length").eq(["5"]));
    assert_eq!(env.request().body_length().unwrap(), BodyLength::Known(5));
}

#[test]
fn a_proxy_that_a_client_chooses_is_never_seen() {
    let env = filled(&[("HTTP_PROXY", "http://evil.example")]).unwrap();
    assert!(!env.request().headers().contains("proxy"));
}

#[test]
fn chunks_are_told_of_only_where_no_length_is_known() {
    let chunked = ("HTTP_TRANSFER_ENCODING", "chunked");
    let env = filled(&[chunked]).unwrap();
    assert_eq!(env.request().body_length().unwrap(), BodyLength::Unknown);
    assert_eq!(variables(&[chunked]).body_length().unwrap(), BodyLength::Unknown);
    let env = filled(&[chunked, ("CONTENT_LENGTH", "3")]).unwrap();
    assert_eq!(env.request().body_length().unwrap(), BodyLength::Known(3));
    assert_eq!(variables(&[]).body_length().unwrap(), BodyLength::None);
}

#[test]
fn the_last_of_a_name_counts_and_an_empty_one_is_none() {
    let env = filled(&[("SCRIPT_NAME", "/a/b"), ("SCRIPT_NAME", ""), ("PATH_INFO", "/a/b")]);
    assert_eq!(env.unwrap().request().path_base(), "");
    let env = filled(&[("SERVER_PROTOCOL", "HTTP/2.0")]).unwrap();
    assert_eq!(env.request().protocol(), Version::HTTP_2);
}

#[test]
fn a_host_is_the_clients_or_else_the_web_servers() {
    // OWIN-096.
    let host = |more: &[(&str, &str)]| {
        let all = more.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let all = all.chain([(&b"REQUEST_METHOD"[..], &b"GET"[..])]);
        let mut env = Environment::new();
        let result = Variables::new(all).fill(&mut env, &Mount::Script);
        result.map(|()| env.request().host().to_owned()).map_err(|error| error.status().as_u16())
    };
    let name = ("SERVER_NAME", "shop.example");
    assert_eq!(host(&[("HTTP_HOST", "a:81"), name]).as_deref(), Ok("a:81"));
    assert_eq!(host(&[name, ("SERVER_PORT", "80")]).as_deref(), Ok("shop.example"));
    assert_eq!(host(&[name, ("SERVER_PORT", "8080")]).as_deref(), Ok("shop.example:8080"));
    let secured = [name, ("SERVER_PORT", "443"), ("HTTPS", "on")];
    assert_eq!(host(&secured).as_deref(), Ok("shop.example"));
    assert_eq!(host(&[("HTTP_HOST", ""), name]).as_deref(), Ok("shop.example"));
    assert_eq!(host(&[("SERVER_ADDR", "::1")]).as_deref(), Ok("[::1]"));
    assert_eq!(host(&[("HTTP_HOST", "a, b"), name]), Err(400));
    assert_eq!(host(&[("HTTP_HOST", "a"), ("HTTP_HOST", "a")]), Err(400));
    assert_eq!(host(&[]), Err(400));
    let absolute = [("HTTP_HOST", "other"), ("REQUEST_URI", "http://real:82/x")];
    assert_eq!(host(&absolute).as_deref(), Ok("real:82"));
}

#[test]
fn the_scheme_is_the_web_servers_to_say() {
    let scheme = |more: &[(&str, &str)]| filled(more).unwrap().request().scheme().to_owned();
    assert_eq!(scheme(&[]), "http");
    assert_eq!(scheme(&[("HTTPS", "on")]), "https");
    assert_eq!(scheme(&[("HTTPS", "off")]), "http");
    assert_eq!(scheme(&[("REQUEST_SCHEME", "https")]), "https");
    assert_eq!(scheme(&[("REQUEST_URI", "https://h/")]), "http");
}

#[test]
fn the_ends_of_the_connection_are_told() {
    let env = filled(&[
        ("REMOTE_ADDR", "192.0.2.7"),
        ("REMOTE_PORT", "50123"),
        ("SERVER_ADDR", "2001:db8::1"),
        ("SERVER_PORT", "443"),
    ])
    .unwrap();
    assert_eq!(env.get(keys::SERVER_REMOTE_IP_ADDRESS), Some("192.0.2.7"));
    assert_eq!(env.get(keys::SERVER_REMOTE_PORT), Some("50123"));
    assert_eq!(env.get(keys::SERVER_LOCAL_IP_ADDRESS), Some("2001:db8::1"));
    assert_eq!(env.get(keys::SERVER_IS_LOCAL), Some(&false));
    let env = filled(&[("REMOTE_ADDR", "::ffff:127.0.0.1")]).unwrap();
    assert_eq!(env.get(keys::SERVER_REMOTE_IP_ADDRESS), Some("127.0.0.1"));
    assert_eq!(env.get(keys::SERVER_REMOTE_PORT), None);
    assert_eq!(env.get(keys::SERVER_IS_LOCAL), Some(&true));
    let env = filled(&[("REMOTE_ADDR", "unix:")]).unwrap();
    assert_eq!(env.get(keys::SERVER_REMOTE_IP_ADDRESS), None);
}

#[test]
fn a_user_is_one_only_where_somebody_checked() {
    let user = |more: &[(&str, &str)]| filled(more).unwrap().get(keys::REQUEST_USER).cloned();
    let (name, way) = (("REMOTE_USER", "ada"), ("AUTH_TYPE", "Basic"));
    assert!(user(&[name]).is_none() && user(&[way]).is_none());
    let ada = user(&[name, way]).unwrap();
    assert_eq!((ada.name(), ada.scheme()), ("ada", "Basic"));
}

/// "certificate" in base 64.
const PEM: &str =
    "-----BEGIN CERTIFICATE-----\n\tY2VydGlm\n\taWNhdGU=\n\t-----END CERTIFICATE-----\n";

#[test]
fn what_the_web_server_knows_of_tls_is_told_over_tls_alone() {
    let facts = [
        ("SSL_PROTOCOL", "TLSv1.3"),
        ("SSL_CIPHER", "TLS_AES_256_GCM_SHA384"),
        ("SSL_TLS_SNI", "shop.example"),
        ("SSL_CLIENT_CERT", PEM),
    ];
    let env = filled(&[&facts[..], &[("HTTPS", "on")]].concat()).unwrap();
    let tls = env.get(keys::SSL_HANDSHAKE).unwrap();
    assert_eq!((tls.protocol(), tls.server_name()), ("TLSv1.3", Some("shop.example")));
    let certificate = env.get(keys::SSL_CLIENT_CERTIFICATE).unwrap();
    assert_eq!(certificate.chain(), [&b"certificate"[..]]);
    let env = filled(&facts).unwrap();
    assert!(env.get(keys::SSL_HANDSHAKE).is_none());
    assert!(env.get(keys::SSL_CLIENT_CERTIFICATE).is_none());
}

#[test]
fn what_breaks_a_rule_is_refused() {
    for (name, value) in [
        ("REQUEST_METHOD", "G T"),
        ("REQUEST_URI", "/a b"),
        ("REQUEST_URI", "a"),
        ("REQUEST_URI", "/é"),
        ("REQUEST_URI", "/\r\n"),
        ("QUERY_STRING", "a b"),
        ("QUERY_STRING", "a\nb"),
        ("PATH_INFO", "/a\0"),
        ("PATH_INFO", "a"),
        ("SCRIPT_NAME", "a"),
        ("CONTENT_LENGTH", "-1"),
        ("CONTENT_LENGTH", "5, 5"),
        ("CONTENT_LENGTH", "18446744073709551616"),
        ("CONTENT_TYPE", "a\r\nb: c"),
        ("HTTP_X", "a\0b"),
        ("HTTP_X", "a\nb: c"),
        ("HTTP_X\r", "a"),
        ("HTTP_", "a"),
        ("REMOTE_USER", "a\nb"),
    ] {
        assert_eq!(refused(&[(name, value), ("AUTH_TYPE", "Basic")]), 400, "{name}={value:?}");
    }
    assert_eq!(refused(&[("REQUEST_METHOD", "CONNECT")]), 501);
    assert_eq!(refused(&[("SERVER_PROTOCOL", "GOPHER/1")]), 505);
    assert_eq!(refused(&[("SERVER_PROTOCOL", "HTTP/1.2")]), 505);
}

#[test]
fn bytes_that_are_no_text_are_refused_where_text_is_meant() {
    let fill = |name: &[u8], value: &[u8]| {
        let usual = USUAL.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let mut env = Environment::new();
        let variables = Variables::new(usual.into_iter().chain([(name, value)]));
        let filled = variables.fill(&mut env, &Mount::Script);
        filled.map(|()| env).map_err(|error| error.status().as_u16())
    };
    assert_eq!(fill(b"QUERY_STRING", b"\xFF").map(drop), Err(400));
    assert_eq!(fill(b"HTTP_\xFF", b"a").map(drop), Err(400));
    // A path of any bytes is legal; what is no UTF-8 stays encoded, as on every server.
    assert_eq!(fill(b"PATH_INFO", b"/\xFF\xC3\xA9").unwrap().request().path(), "/%FFé");
    assert_eq!(fill(b"LS_COLORS", b"\xFF\n\0").map(drop), Ok(()), "nobody uses it");
}

proptest! {
    #[test]
    fn no_variables_make_us_panic(
        all in prop::collection::vec((0..16_usize, prop::collection::vec(any::<u8>(), 0..24)), 0..20),
    ) {
        const NAMES: [&str; 16] = [
            "REQUEST_METHOD", "SERVER_PROTOCOL", "SCRIPT_NAME", "PATH_INFO", "REQUEST_URI",
            "QUERY_STRING", "HTTP_HOST", "HTTP_X", "CONTENT_LENGTH", "CONTENT_TYPE", "HTTPS",
            "REMOTE_ADDR", "SERVER_NAME", "SERVER_PORT", "SSL_CLIENT_CERT", "HTTP_TRANSFER_ENCODING",
        ];
        let variables = Variables::new(all.iter().map(|(at, value)| (NAMES[*at].as_bytes(), &**value)));
        let mut env = Environment::on(std::sync::Arc::new(variables.connection()));
        let _refused_or_not = variables.fill(&mut env, &Mount::Script);
        let _refused_or_not = variables.fill(&mut env, &Mount::At("/a".to_owned()));
    }

    #[test]
    fn fields_without_an_underscore_in_their_names_are_seen_as_they_were_sent(
        lines in prop::collection::vec(("x-([ab]|[!#$%&'*+.^`|~0-9a-z-]{1,9})", "[!-~\u{80}-\u{ff}]{0,9}"), 0..9),
    ) {
        // RFC 3875 §4.1.18: `_` stands for `-`; lines of a name are variables of a name.
        let variable = |name: &str| format!("HTTP_{}", name.to_ascii_uppercase().replace('-', "_"));
        let named: Vec<_> = lines.iter().map(|(name, _)| variable(name)).collect();
        let bytes = |text: &str| text.chars().map(|char| u8::try_from(char).unwrap()).collect();
        let values: Vec<Vec<u8>> = lines.iter().map(|(_, value)| bytes(value)).collect();
        let usual = USUAL.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let fields = named.iter().map(String::as_bytes).zip(values.iter().map(Vec::as_slice));
        let mut env = Environment::new();
        Variables::new(usual.into_iter().chain(fields)).fill(&mut env, &Mount::Script).unwrap();
        for (name, _) in &lines {
            let seen = env.request().headers().get_all(name).map(|value| value.as_bytes());
            let sent = lines.iter().zip(&values).filter(|((own, _), _)| own == name);
            let (seen, sent): (Vec<_>, Vec<_>) = (seen.collect(), sent.map(|(_, value)| value).collect());
            proptest::prop_assert_eq!(seen, sent, "{}", name);
        }
    }

    #[test]
    fn a_path_that_was_sent_is_seen_as_everywhere(
        path in "(/|/\\.|/\\.\\.|%2F|%41|%C3%A9|%FF|%25|[a-c]){0,12}",
        base in "(/[ab]){0,2}",
    ) {
        let path = format!("/{}", path.trim_start_matches('/'));
        // A web server that decodes everything and leaves slashes and dots as the contract does.
        let whole = format!("{base}{path}");
        let Ok(seen) = owin_core::path::decode(&whole) else { return Ok(()) };
        let named = super::target::decoded(&whole);
        let Some(info) = named.strip_prefix(base.as_bytes()) else { return Ok(()) };
        let all = [
            (&b"SCRIPT_NAME"[..], base.as_bytes()),
            (b"PATH_INFO", info),
            (b"REQUEST_URI", whole.as_bytes()),
            (b"REQUEST_METHOD", b"GET"),
            (b"SERVER_NAME", b"h"),
        ];
        if !info.is_empty() && !info.starts_with(b"/") {
            return Ok(());
        }
        let mut env = Environment::new();
        Variables::new(all).fill(&mut env, &Mount::Script).unwrap();
        let request = env.request();
        proptest::prop_assert_eq!(format!("{}{}", request.path_base(), request.path()), seen);
    }
}
