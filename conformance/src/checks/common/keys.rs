//! What stands in an environment, and under which names (CommonKeys).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::check::{Check, Feature, Level, Profile, Proof, owin, standard};
use crate::judge::{Judged, Lapse, Trial, demand, text};

/// How many environments are looked at.
const LOOKS: usize = 6;

/// Every key of OWIN 1.0, 1.0.1 and 1.1.
const OF_OWIN: [&str; 17] = [
    "RequestBody",
    "RequestHeaders",
    "RequestMethod",
    "RequestPath",
    "RequestPathBase",
    "RequestProtocol",
    "RequestQueryString",
    "RequestScheme",
    "RequestId",
    "RequestUser",
    "ResponseBody",
    "ResponseHeaders",
    "ResponseStatusCode",
    "ResponseReasonPhrase",
    "ResponseProtocol",
    "CallCancelled",
    "Version",
];

/// What an extension offers in a call, and how it is announced.
const EXTENSIONS: [(&str, &str); 3] = [
    ("sendfile.SendAsync", "sendfile.Version"),
    ("opaque.Upgrade", "opaque.Version"),
    ("websocket.Accept", "websocket.Version"),
];

pub(in crate::checks) const KEYS: &[Check] = &[
    Check {
        id: "CM-05",
        slug: "same-capabilities",
        title: "The capabilities are the same in every call",
        level: Level::Must,
        profile: Profile::Common,
        clauses: &[standard("CommonKeys", "4", "server.Capabilities does not change")],
        seeds: "CK-024, CK-025, CK-028",
        means: "what an app has found out at its start is no longer true",
        fix: "put what belongs to one call into its environment",
        proof: Proof::HoldsByProbe(|trial| {
            let first = capabilities(&environment(trial)?)?;
            (1..LOOKS).try_for_each(|_| {
                let own = capabilities(&environment(trial)?)?;
                demand(own == first, || format!("they were {first:?} and became {own:?}"))
            })
        }),
    },
    Check {
        id: "CM-06",
        slug: "named-server",
        title: "The capabilities name the server",
        level: Level::Should,
        profile: Profile::Common,
        clauses: &[standard("CommonKeys", "3", "capabilities name the implementation")],
        seeds: "CK-010, CK-023",
        means: "nobody can tell from a report which server it was",
        fix: "set server.Name, or a key of the implementation's with its version",
        proof: Proof::HoldsByProbe(|trial| {
            let said = capabilities(&environment(trial)?)?;
            let is_extension = |name: &str| EXTENSIONS.iter().any(|(_, version)| *version == name);
            let mut names = said.iter().filter(|(name, value)| {
                let names = name.ends_with(".Name") || name.ends_with(".Version");
                names && !is_extension(name) && !value.is_empty()
            });
            demand(names.next().is_some(), || format!("they are {said:?}"))
        }),
    },
    Check {
        id: "CM-07",
        slug: "announced-extensions",
        title: "What a call offers is announced, and what is announced for every call is there",
        level: Level::Should,
        profile: Profile::Common,
        clauses: &[
            standard("CommonKeys", "4", "each extension has its version among the capabilities"),
            standard("SendFile 0.3", "2", "where it is announced the function is in each call"),
        ],
        seeds: "CK-026",
        means: "apps do not use what they could, or fail where they rely on it",
        fix: "announce and offer at the same place",
        proof: Proof::HoldsByProbe(|trial| {
            let said = environment(trial)?;
            let (keys, capabilities) = (keys(&said), capabilities(&said)?);
            for (offer, version) in EXTENSIONS {
                let is_offered = keys.contains_key(offer);
                let is_announced = capabilities.contains_key(version);
                demand(is_announced || !is_offered, || format!("{offer} is not announced"))?;
                let is_there = is_offered || offer != "sendfile.SendAsync";
                demand(is_there || !is_announced, || format!("{offer} is announced, and missing"))?;
            }
            Ok(())
        }),
    },
    Check {
        id: "CM-08",
        slug: "names-of-keys",
        title: "Keys have a prefix and a name, and those of OWIN are OWIN's",
        level: Level::Must,
        profile: Profile::Common,
        clauses: &[
            owin("3.2", "the keys that begin with owin are those of the document"),
            standard("CommonKeys", "2", "a key is a prefix in lower case, a dot and a name"),
        ],
        seeds: "CK-004, CK-005, CK-007, CK-008, CK-009",
        means: "keys of two parties collide",
        fix: "give one's own keys one's own prefix",
        proof: Proof::HoldsByProbe(names_of_keys),
    },
    Check {
        id: "CM-09",
        slug: "types-of-keys",
        title: "A key has the same type in every call",
        level: Level::Must,
        profile: Profile::Common,
        clauses: &[standard("CommonKeys", "2", "the type of a key must not change")],
        seeds: "CK-018",
        means: "apps fail now and then, since they read another type",
        fix: "choose one type for a key, and leave it out where there is no value",
        proof: Proof::HoldsByProbe(|trial| {
            let mut known: BTreeMap<String, String> = BTreeMap::new();
            for _ in 0..LOOKS {
                for (name, own) in keys(&environment(trial)?) {
                    let before = known.entry(name.clone()).or_insert_with(|| own.clone());
                    demand(*before == own, || format!("{name} was a {before} and is a {own}"))?;
                }
            }
            Ok(())
        }),
    },
    Check {
        id: "CM-10",
        slug: "no-empty-keys",
        title: "No optional key is there with nothing in it",
        level: Level::Should,
        profile: Profile::Common,
        clauses: &[standard("CommonKeys", "2", "a key that has no meaningful value is left out")],
        seeds: "CK-014, CK-016",
        means: "apps take an empty text for a name",
        fix: "leave the key out",
        proof: Proof::HoldsByProbe(|trial| {
            let said = environment(trial)?;
            let empty = said.get("empty").and_then(Value::as_array).into_iter().flatten();
            let may_be = ["owin.RequestPath", "owin.RequestPathBase", "owin.RequestQueryString"];
            let odd: Vec<_> =
                empty.filter_map(Value::as_str).filter(|key| !may_be.contains(key)).collect();
            demand(odd.is_empty(), || format!("these are empty: {odd:?}"))
        }),
    },
    Check {
        id: "CM-11",
        slug: "request-ids",
        title: "No two calls have the same id",
        level: Level::Should,
        profile: Profile::Common,
        clauses: &[standard("OWIN 1.0.1", "3.2.1", "owin.RequestId tells one call from another")],
        seeds: "OWIN-019, OWIN-020, DF-35",
        means: "what belongs to two calls is taken for one in the logs",
        fix: "count, or leave the key out",
        proof: Proof::HoldsByProbe(|trial| {
            let mut known = BTreeSet::new();
            for _ in 0..LOOKS {
                let said = environment(trial)?;
                if said.get("id").is_none_or(Value::is_null) {
                    return Err(Lapse::Skipped("the server sets no owin.RequestId".to_owned()));
                }
                let id = text(&said, "id").to_owned();
                demand(!id.trim().is_empty(), || "an id is blank".to_owned())?;
                demand(known.insert(id.clone()), || format!("two calls have the id {id}"))?;
            }
            Ok(())
        }),
    },
];

fn environment(trial: &Trial<'_>) -> Result<Value, Lapse> {
    trial.facts("environment", Feature::Environment)
}

/// The keys, with the types of their values.
fn keys(said: &Value) -> BTreeMap<String, String> {
    texts(said.get("keys").and_then(Value::as_object))
}

fn capabilities(said: &Value) -> Result<BTreeMap<String, String>, Lapse> {
    let own = said.get("capabilities").and_then(Value::as_object);
    let why = || Lapse::Skipped("the server has no server.Capabilities".to_owned());
    own.map(|own| texts(Some(own))).ok_or_else(why)
}

fn texts(map: Option<&Map<String, Value>>) -> BTreeMap<String, String> {
    let text = |(name, value): (&String, &Value)| {
        (name.clone(), value.as_str().unwrap_or_default().to_owned())
    };
    map.into_iter().flatten().map(text).collect()
}

fn names_of_keys(trial: &Trial<'_>) -> Judged {
    let mut folded = BTreeSet::new();
    for name in keys(&environment(trial)?).into_keys() {
        demand(folded.insert(name.to_lowercase()), || format!("{name} differs in case only"))?;
        // What has no dot, or a path in its name, is the name of a type.
        let Some((prefix, rest)) = name.split_once('.').filter(|_| !name.contains("::")) else {
            continue;
        };
        let is_prefix = prefix.chars().all(|letter| letter.is_ascii_lowercase());
        let is_name = rest.starts_with(|letter: char| letter.is_ascii_uppercase());
        demand(is_prefix && is_name, || format!("{name} is no name of a key"))?;
        let is_known = prefix != "owin" || OF_OWIN.contains(&rest);
        demand(is_known, || format!("{name} is no key of OWIN"))?;
    }
    Ok(())
}
