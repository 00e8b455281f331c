//! Files that were made to harm whoever reads them, and folders that lead elsewhere.

use serde_json::json;

use super::files::{document, docx, paragraph, pdf, written};
use super::{add, found_in, read, search};
use crate::support::{Provider, Reply, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_all_kinds_are_read() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write(
        "report.pdf",
        &pdf(&["The first page is about oaks.", "The second is about beeches."]),
    );
    let paragraphs = [
        paragraph("Heading1", "Trees"),
        paragraph("", "Larches &amp; pines lose &lt;little&gt;."),
        paragraph("Heading2", "Soil"),
        paragraph("", "They like chalk."),
    ];
    write("trees.docx", &docx(document(&paragraphs).as_bytes()));
    write(
        "page.html",
        b"<html>\n<script>var hornbeam</script>\n<h1>Hedges</h1>\n<p>Yew is <b>slow</b>.</p>",
    );
    write("code.py", b"def plant(tree):\n    return dig(tree)\n");
    write("utf16.txt", &[0xff, 0xfe, b'e', 0, b'l', 0, b'm', 0]);
    add(&app, "wood", &[folder.path()]).await;
    let status = read(&app, "wood").await;
    assert_eq!((status.view.files, status.view.failed), (5, 0), "{status:#?}");
    for (text, citation, heading) in [
        ("beeches", "report.pdf:p2", ""),
        ("larches little", "trees.docx:1-2", "Trees"),
        ("chalk", "trees.docx:3-4", "Trees › Soil"),
        ("yew slow", "page.html:3-4", "Hedges"),
        ("plant", "code.py:1-2", ""),
        ("elm", "utf16.txt:1", ""),
    ] {
        let found = search(&app, "wood", text).await;
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(
            (found[0].citation.as_str(), found[0].heading.as_str()),
            (citation, heading)
        );
        let args = json!({"names": ["wood"], "citation": citation});
        let opened: gateway::control::DocumentView = app.ask("knowledge.document", args).await;
        assert!(
            opened
                .passages
                .iter()
                .any(|passage| passage.text == found[0].text),
            "{citation}"
        );
    }
    assert!(
        found_in(&app, "wood", "hornbeam").await.is_empty(),
        "scripts are no text"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_harm_nothing_and_are_told_one_by_one() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    provider.always(Reply::text("Fine."));
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("good.txt", b"The good one says marjoram.");
    // archives
    write("bomb.docx", &docx(&vec![b' '; 80 << 20]));
    write(
        "cut.docx",
        &docx(document(&[paragraph("", "x")]).as_bytes())[..40],
    );
    write("noise.docx", &[0xde; 4_096]);
    write("billion.docx", &docx(
        br#"<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><w:document><w:t>&c;&unknown;</w:t>"#,
    ));
    // PDF
    let deep = "[".repeat(200_000);
    write(
        "deep.pdf",
        &written(&["<< /Type /Catalog /Pages 2 0 R >>".into(), deep]),
    );
    write(
        "ring.pdf",
        &written(&[
            "<< /Type /Catalog /Pages 2 0 R >>".into(),
            "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 99999999 >>".into(),
        ]),
    );
    write("cut.pdf", &pdf(&["never seen"])[..120]);
    write("noise.pdf", &[0x25; 100_000]);
    write("empty.pdf", b"");
    // text
    write("long.txt", "a".repeat(3 << 20).as_bytes());
    write("huge.txt", "b\n".repeat(5 << 20).as_bytes());
    write("deep.html", "<div>".repeat(300_000).as_bytes());
    write("open.html", b"<p>thyme<!-- <script> <p>");
    write("latin1.txt", &[0xe9; 5_000]);
    write("binary.txt", b"MZ\x90\0\x03\0\0\0 marjoram");
    write("headings.md", "# h\n".repeat(100_000).as_bytes());
    add(&app, "zoo", &[folder.path()]).await;
    let status = read(&app, "zoo").await;
    let unread: Vec<&str> = status
        .unread
        .iter()
        .map(|file| file.path.rsplit('/').next().unwrap())
        .collect();
    for name in [
        "cut.docx",
        "noise.docx",
        "deep.pdf",
        "ring.pdf",
        "noise.pdf",
        "empty.pdf",
        "huge.txt",
        "latin1.txt",
    ] {
        assert!(unread.contains(&name), "{name}: {unread:?}");
    }
    assert!(status.unread.iter().all(|file| !file.reason.is_empty()));
    assert_eq!(
        found_in(&app, "zoo", "marjoram").await,
        ["good.txt"],
        "a binary is no text"
    );
    assert_eq!(found_in(&app, "zoo", "thyme").await, ["open.html"]);
    let answer = app
        .chat(
            &app.key().await,
            &json!({"model": "reviewer", "messages": [{"role": "user", "content": "Hi"}]}),
        )
        .await;
    assert_eq!(answer.status(), 200);
    app.finish().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sec_20_nothing_outside_of_the_folder_is_read() {
    use std::os::unix::fs::symlink;

    let app = TestApp::start().await;
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(outside.path().join("secret.txt"), "The secret is oregano.").unwrap();
    let inside = folder.path();
    std::fs::write(inside.join("open.txt"), "This is open: basil.").unwrap();
    symlink(outside.path().join("secret.txt"), inside.join("file-link.txt")).unwrap();
    symlink(outside.path(), inside.join("folder-link")).unwrap();
    symlink(inside, inside.join("ring")).unwrap();
    symlink("/etc", inside.join("etc")).unwrap();
    for hidden in [
        ".env",
        ".git/config",
        "node_modules/left-pad/readme.md",
        ".hidden/a.txt",
    ] {
        let path = inside.join(hidden);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "oregano too").unwrap();
    }
    let made = std::process::Command::new("mkfifo")
        .arg(inside.join("pipe.txt"))
        .status();
    assert!(made.unwrap().success());
    let mut deep = inside.to_owned();
    for _ in 0..80 {
        deep.push("d");
    }
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("bottom.txt"), "oregano at the bottom").unwrap();
    add(&app, "herbs", &[inside]).await;
    let status = read(&app, "herbs").await;
    assert_eq!(status.view.files, 1, "{status:?}");
    assert!(found_in(&app, "herbs", "oregano").await.is_empty());
    assert_eq!(found_in(&app, "herbs", "basil").await, ["open.txt"]);
    app.finish().await;
}
