//! The list of tests that `server_tests!` makes agrees with the catalogue.

use std::fmt::Write as _;
use std::path::Path;

use owin_conformance::check::{self, Check, Profile};

const HEAD: &str = "//! The checks as tests, written from the records: \
                    `UPDATE_GOLDEN=1 cargo test -p owin-conformance`.

/// Makes a test of each check of a profile, which calls a function with the id.
#[doc(hidden)]
#[macro_export]
macro_rules! tests_of {
    (@ $tried:ident $($name:ident $id:literal)*) => {
        $(
            #[test]
            fn $name() -> ::core::result::Result<(), $crate::in_process::Failed> {
                $tried($id)
            }
        )*
    };
";

fn list() -> String {
    let mut text = HEAD.to_owned();
    let of = |profile| check::all().filter(move |check| check.profile() == profile);
    let profiles: Vec<_> = Profile::all().into_iter().filter(|p| of(*p).next().is_some()).collect();
    for profile in &profiles {
        let _infallible = writeln!(text, "    ({profile} $tried:ident) => {{");
        let _infallible = writeln!(text, "        $crate::tests_of! {{ @ $tried");
        let tests: Vec<String> = of(*profile).map(test).collect();
        for pair in tests.chunks(2) {
            let _infallible = writeln!(text, "            {}", pair.join(" "));
        }
        text += "        }\n    };\n";
    }
    let known: Vec<_> = profiles.iter().map(|profile| profile.name()).collect();
    let known = known.join(", ");
    let _infallible = write!(
        text,
        "    ($other:ident $tried:ident) => {{
        compile_error!(concat!(
            \"there is no profile `\",
            stringify!($other),
            \"`; there are: {known}\"
        ));
    }};
}}
"
    );
    text
}

/// The name of a test, and the id of its check.
fn test(check: &Check) -> String {
    let name = format!("{}_{}", check.id(), check.slug()).to_lowercase().replace('-', "_");
    format!("{name} {:?}", check.id())
}

#[test]
fn the_list_of_tests_is_written_from_the_records() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/in_process/list.rs");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, list()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(
        written == list(),
        "src/in_process/list.rs has other checks; UPDATE_GOLDEN=1 rewrites it"
    );
}
