//! The page, without a browser.

use owin_conformance::report::page;

use crate::command::{Reports, printed, read, run};
use crate::peer::{Does, Peer, document};

#[test]
fn what_a_server_or_a_report_says_stands_in_the_page_as_text() {
    let evil = "</title><script>alert(1)</script>\"'&";
    let mut document = document(Does::TakesAll, &["SM-02"]).with_name(evil);
    document.checks[0].id = format!("SM-02\"{evil}");
    document.checks[0].reason = evil.to_owned();
    document.checks[0].clauses[0].section = "1\"><script>".to_owned();
    document.target.url = "javascript:alert(1)".to_owned();
    let page = page(&[document]);
    assert_eq!(page.matches("<script").count(), 1, "there is the page's own script only");
    assert!(page.contains("&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;"), "{page}");
    assert!(!page.contains("href=\"javascript"), "{page}");
}

#[test]
fn the_page_loads_nothing() {
    let page = page(&[document(Does::TakesAll, &["SM-02"])]);
    assert!(page.contains("default-src 'none'; style-src 'sha256-"), "{page:.400}");
    for part in [" src=", "<link", "@import", "url(", "<img", " style=", " onclick="] {
        assert!(!page.contains(part), "{part}");
    }
}

#[test]
fn one_page_is_made_of_several_reports() {
    let reports = Reports::new();
    let mut files = Vec::new();
    for (name, does) in [("right", Does::Right), ("lenient", Does::TakesAll)] {
        let (peer, file) = (Peer::start(does), reports.file(&format!("{name}.json")));
        let file = file.to_str().unwrap().to_owned();
        run(&["run", &peer.url(), "--only", "SM-02", "--name", name, "--json", &file]);
        files.push(file);
    }
    let page = reports.file("page.html");
    let output = run(&["page", page.to_str().unwrap(), &files[0], &files[1]]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    let text = read(&page);
    for part in [
        ">right</th>",
        ">lenient</th>",
        "data-verdict=\"pass\"",
        "data-verdict=\"fail\"",
        "id=\"show=SM-02.1\"",
        "https://www.rfc-editor.org/rfc/rfc9112#section-6.3",
        " --only SM-02</code>",
    ] {
        assert!(text.contains(part), "{part}");
    }
    let output = run(&["page", page.to_str().unwrap(), "no/such.json"]);
    assert_eq!(output.status.code(), Some(2), "{}", printed(&output));
    assert!(printed(&output).contains("no/such.json: "), "{}", printed(&output));
}
