//! `docs/errors.md` is what the error table says.

use super::written;

#[test]
fn the_document_is_the_table() {
    written("docs/errors.md", &gateway::http::errors::document());
}
