//! The page in headless Chromium, driven by the DevTools protocol.

mod chromium;

use std::path::{Path, PathBuf};
use std::time::Duration;

use owin_conformance::report::{Document, page};
use serde_json::json;

use self::chromium::Chromium;
use crate::peer::{Does, document};

const CHECKS: [&str; 5] = ["H1-01", "SM-01", "SM-02", "SM-03", "odd-name"];

/// How long all of it may take on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// Three servers, one of which has a name and says things that nobody may obey.
fn documents() -> Vec<Document> {
    let kinds = [(Does::Right, "right"), (Does::TakesAll, "<script>alert(1)</script>")];
    let mut all: Vec<Document> =
        kinds.map(|(does, name)| document(does, &CHECKS).with_name(name)).into();
    all.push(document(Does::RefusesPosts, &["SM-02"]).with_name("strict"));
    all
}

#[tokio::test]
async fn the_page_works_in_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut chromium) = Chromium::start(&folder.path().join("profile")).await else { return };
    let file = folder.path().join("page.html");
    std::fs::write(&file, page(&documents())).unwrap();
    let looked = async {
        let url = format!("file://{}", file.display());
        loads(&mut chromium, &url).await;
        filters_by_keyboard(&mut chromium).await;
        keeps_its_view_in_its_url(&mut chromium, &url).await;
        opens_a_finding_by_keyboard(&mut chromium).await;
        can_be_read(&mut chromium).await;
        is_whole_without_its_script(&mut chromium, &url).await;
        assert_eq!(chromium.troubles(), [""; 0]);
        chromium.close().await;
    };
    tokio::time::timeout(PATIENCE, looked).await.unwrap();
}

const SHOWN: &str = "[...document.querySelectorAll('tr.check')].filter(row => row.checkVisibility())\
                     .map(row => row.dataset.id).join(' ')";

const FINDINGS: &str = "[...document.querySelectorAll('.finding')]\
                        .filter(own => own.checkVisibility()).map(own => own.id).join(' ')";

async fn loads(chromium: &mut Chromium, url: &str) {
    chromium.open(url).await;
    assert_eq!(chromium.value("document.title").await, "Conformance of HTTP servers");
    assert_eq!(chromium.value(SHOWN).await, "H1-01 H1-05 SM-01 SM-02 SM-03");
    assert_eq!(chromium.value("document.scripts.length").await, 1);
    let names = "[...document.querySelectorAll('thead th.server')].map(own => own.textContent)";
    let names = chromium.value(names).await;
    assert_eq!(names, json!(["right", "<script>alert(1)</script>", "strict"]));
}

async fn filters_by_keyboard(chromium: &mut Chromium) {
    chromium.press("/").await;
    chromium.write("two-len").await;
    assert_eq!(chromium.value(SHOWN).await, "SM-02");
    assert_eq!(chromium.value("shown.value").await, "1 of 5 checks");
    assert_eq!(chromium.value("location.hash").await, "#text=two-len");
    assert_eq!(chromium.value(FINDINGS).await, "show=SM-02.1 show=SM-02.2");
    chromium.write(" nothing").await;
    assert_eq!(chromium.value(SHOWN).await, "");
    assert_eq!(chromium.value("nothing.checkVisibility()").await, true);
}

async fn keeps_its_view_in_its_url(chromium: &mut Chromium, url: &str) {
    for (fragment, shown, findings) in [
        ("verdict=blocked", "SM-02", "show=SM-02.2"),
        ("level=SHOULD", "H1-05", "show=H1-05.0 show=H1-05.1"),
        ("profile=smuggling&target=2", "SM-01 SM-02 SM-03", "show=SM-02.2"),
        ("verdict=differs&text=lengths", "SM-02", "show=SM-02.1 show=SM-02.2"),
    ] {
        chromium.open(&format!("{url}#{fragment}")).await;
        let seen = chromium.value(SHOWN).await;
        assert!(seen.as_str().unwrap().starts_with(shown), "{fragment}: {seen}");
        let seen = chromium.value(FINDINGS).await;
        assert!(seen.as_str().unwrap().starts_with(findings), "{fragment}: {seen}");
    }
}

async fn opens_a_finding_by_keyboard(chromium: &mut Chromium) {
    chromium.value("location.hash = 'verdict=blocked'").await;
    chromium.value("document.querySelector('tr.check a[href=\"#show=SM-02.2\"]').focus()").await;
    chromium.press("Enter").await;
    let open = "document.getElementById('show=SM-02.2').open";
    chromium.until(open).await;
    let hash = chromium.value("location.hash").await;
    assert_eq!(hash, "#verdict=blocked&show=SM-02.2");
    let parts = "[...document.querySelectorAll('.finding[open] h4')].map(own => own.textContent)";
    assert_eq!(chromium.value(parts).await, json!(["Expected", "Seen"]));
    let replay = "document.querySelector('.finding[open] .replay code').textContent";
    let replay = chromium.value(replay).await;
    assert!(replay.as_str().unwrap().ends_with(" --only SM-02"), "{replay}");
    let said = "document.querySelector('.finding[open] .transcript').textContent";
    let said = chromium.value(said).await;
    assert!(said.as_str().unwrap().contains("<script>alert(1)</script>"), "{said}");
}

/// Takes pictures, and sees that what is written stands out enough from what is behind it, in both
/// colour schemes (WCAG 2.2, 1.4.3: 4.5 to 1).
async fn can_be_read(chromium: &mut Chromium) {
    chromium.value("location.hash = ''").await;
    chromium.until(&format!("{SHOWN} == 'H1-01 H1-05 SM-01 SM-02 SM-03'")).await;
    chromium.value("document.querySelectorAll('.finding').forEach(own => own.open = true)").await;
    for scheme in ["light", "dark"] {
        chromium.prefer(scheme).await;
        assert_eq!(chromium.value(include_str!("contrast.js")).await, json!([]), "{scheme}");
        let file = picture(&format!("page-{scheme}.png"));
        let bytes = chromium.picture().await;
        assert!(bytes.starts_with(b"\x89PNG\r\n") && bytes.len() > 10_000, "{}", bytes.len());
        std::fs::write(&file, bytes).unwrap();
        println!("the page in {scheme} colours: {}", file.display());
    }
    let unlabelled = "[...document.querySelectorAll('input, select')]\
                      .filter(own => !own.labels.length).length";
    assert_eq!(chromium.value(unlabelled).await, 0);
    assert_eq!(chromium.value("document.querySelectorAll('th:not([scope])').length").await, 0);
}

fn picture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

async fn is_whole_without_its_script(chromium: &mut Chromium, url: &str) {
    chromium.without_scripts().await;
    chromium.open(&format!("{url}#show=SM-02.2")).await;
    assert_eq!(chromium.value(SHOWN).await, "H1-01 H1-05 SM-01 SM-02 SM-03");
    assert_eq!(chromium.value("document.querySelector('.filters').checkVisibility()").await, false);
}
