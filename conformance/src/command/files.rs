//! The files that a run writes: opened before it, so that one that cannot be written costs no run.

use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::about;
use super::options::Forms;
use crate::report::{self, Document};

/// What is written of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Junit,
    Html,
    BadgeSvg,
    BadgeJson,
    Markdown,
    /// It is appended to what others wrote.
    Summary,
}

/// The open files, each with what it gets.
pub(super) struct Files {
    open: Vec<(PathBuf, File, Form)>,
}

impl Files {
    /// Opens the files. What is in them stays there until the report is written.
    pub(super) fn open(forms: &Forms, log: Option<&Path>, is_github: bool) -> Result<Self, String> {
        let mut wanted = wanted(forms);
        let summary = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|name| !name.is_empty());
        if let (true, Some(summary)) = (is_github, summary) {
            wanted.push((PathBuf::from(summary), Form::Summary));
        }
        let mut files = Self { open: Vec::new() };
        for (path, form) in wanted {
            let file = opened(&path).map_err(|error| about(&path, error))?;
            let same = files.open.iter().find(|(other, ..)| is_same(other, &path));
            if let Some((other, ..)) = same {
                return Err(about(other, "two reports cannot be written to one file"));
            }
            files.open.push((path, file, form));
        }
        if let Some(log) = log {
            let _closed = opened(log).map_err(|error| about(log, error))?;
        }
        Ok(files)
    }

    /// Writes the report in every form.
    pub(super) fn write(self, document: &Document) -> Result<(), String> {
        for (path, file, form) in self.open {
            written(file, form, &form.text(document)).map_err(|error| about(&path, error))?;
        }
        Ok(())
    }
}

impl Form {
    fn text(self, document: &Document) -> String {
        match self {
            Self::Json => format!("{:#}\n", document.to_json()),
            Self::Junit => report::junit(document),
            Self::Html => report::page(std::slice::from_ref(document)),
            Self::BadgeSvg => report::badge_svg(document),
            Self::BadgeJson => format!("{:#}\n", report::badge_json(document)),
            Self::Markdown => report::markdown(document),
            Self::Summary => report::step_summary(document),
        }
    }
}

fn wanted(forms: &Forms) -> Vec<(PathBuf, Form)> {
    let is_picture = |path: &PathBuf| path.extension().is_some_and(|own| own == "svg");
    let badge =
        if forms.badge.as_ref().is_some_and(is_picture) { Form::BadgeSvg } else { Form::BadgeJson };
    let all = [
        (&forms.json, Form::Json),
        (&forms.junit, Form::Junit),
        (&forms.html, Form::Html),
        (&forms.badge, badge),
        (&forms.markdown, Form::Markdown),
    ];
    all.into_iter().filter_map(|(path, form)| Some((path.clone()?, form))).collect()
}

fn opened(path: &Path) -> io::Result<File> {
    File::options().create(true).append(true).open(path)
}

/// Whether two paths lead to one file, which is there; not so for devices, as `/dev/stdout`.
fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| path.canonicalize().ok().filter(|path| path.is_file());
    place(one).is_some_and(|one| place(other) == Some(one))
}

fn written(mut file: File, form: Form, text: &str) -> io::Result<()> {
    if form != Form::Summary && file.metadata().is_ok_and(|own: Metadata| own.is_file()) {
        file.set_len(0)?;
    }
    file.write_all(text.as_bytes())
}
