//! SEC-14: SQL is never put together from pieces. Values go through parameters.

use std::path::Path;

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), text));
        }
    }
}

/// Each place where text is formatted, up to the end of its statement.
fn formatted(text: &str) -> impl Iterator<Item = &str> {
    ["format!", "write!(", "format_args!", "concat!", "push_str("]
        .into_iter()
        .flat_map(move |macro_name| text.match_indices(macro_name))
        .map(|(at, _)| &text[at..text[at..].find(';').map_or(text.len(), |end| at + end)])
}

fn is_sql(piece: &str) -> bool {
    [
        "SELECT ", "INSERT ", "UPDATE ", "DELETE ", "PRAGMA ", "CREATE ", "WHERE ", " FROM ", "MATCH ",
        "ORDER BY",
    ]
    .iter()
    .any(|word| piece.contains(word))
}

#[test]
fn no_sql_is_formatted() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 20, "the sources were found");
    for (path, text) in &found {
        for piece in formatted(text) {
            assert!(!is_sql(piece), "formatted SQL in {path}: {piece}");
        }
        for door in [
            "prepare(&",
            "prepare_cached(&",
            "execute(&",
            "execute_batch(&",
            "query_row(&",
        ] {
            assert!(
                !text.contains(door),
                "a statement that is not a literal in {path}"
            );
        }
    }
}

#[test]
fn formatted_sql_would_be_found() {
    let bad = "let sql = format!(\"SELECT * FROM t WHERE id = {id}\"); run(sql);";
    assert!(formatted(bad).any(is_sql));
}
