//! docs/ is what the schemas say: compares the two, and writes docs/ anew with UPDATE_DOCS=1 (`make docs`).

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod render;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use terraform_provider_autopilot::provider::catalog;

/// The pages that are written by hand and only have to be there.
const GUIDES: &str = "guides";

#[test]
fn docs_are_what_the_schemas_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = render::pages(
        &catalog().schemas().expect("schemas without errors"),
        &root.join("examples"),
    );
    if std::env::var_os("UPDATE_DOCS").is_some() {
        write(&root.join("docs"), &pages);
    }
    let found = read(&root.join("docs"));
    for (name, page) in &pages {
        let found = found.get(name).map(String::as_str).unwrap_or_default();
        assert!(
            found == page,
            "docs/{name} is not what the schemas say: run `make docs`\n\n{}",
            difference(found, page)
        );
    }
    for name in found.keys().filter(|name| !name.starts_with(GUIDES)) {
        assert!(
            pages.contains_key(name),
            "docs/{name} documents nothing that exists: remove it"
        );
    }
}

fn write(docs: &Path, pages: &BTreeMap<String, String>) {
    for (name, page) in pages {
        let path = docs.join(name);
        std::fs::create_dir_all(path.parent().expect("a page is in a folder")).expect("docs/ can be written");
        std::fs::write(path, page).expect("docs/ can be written");
    }
}

/// Every page by its path below docs/.
fn read(docs: &Path) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![docs.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(name) = path.strip_prefix(docs) {
                let text = std::fs::read_to_string(&path).expect("a page is text");
                pages.insert(name.to_string_lossy().replace('\\', "/"), text);
            }
        }
    }
    pages
}

fn difference(found: &str, expected: &str) -> String {
    let line = found.lines().zip(expected.lines()).position(|(a, b)| a != b);
    let line = line.unwrap_or_else(|| found.lines().count().min(expected.lines().count()));
    format!(
        "line {}:\n- {}\n+ {}",
        line + 1,
        found.lines().nth(line).unwrap_or("(end)"),
        expected.lines().nth(line).unwrap_or("(end)")
    )
}
