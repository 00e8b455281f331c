//! Collections and memory on the command line, with and without an app that runs.

use serde_json::Value;

use super::support::Home;
use super::upstream::Upstream;

#[test]
fn collections_are_made_searched_and_removed() {
    for served in [true, false] {
        let home = Home::new("memory");
        let serve = served.then(|| home.serve());
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("tea.md"),
            "# Tea\n\nSteep for three minutes.\n",
        )
        .unwrap();
        std::fs::write(folder.path().join("broken.pdf"), "%PDF-1.4 and no more").unwrap();
        let path = folder.path().to_str().unwrap();
        let added = home.json(&["knowledge", "add", "kitchen", path]);
        assert_eq!(
            (&added["files"], &added["failed"]),
            (&1.into(), &1.into()),
            "{added}"
        );
        assert!(
            added["unread"][0]["path"]
                .as_str()
                .unwrap()
                .ends_with("broken.pdf")
        );
        let found = home.json(&["knowledge", "search", "kitchen", "how long to steep"]);
        assert_eq!(found[0]["citation"], "tea.md:1-3");
        let opened = home.json(&["knowledge", "open", "kitchen", "tea.md:1-3"]);
        assert_eq!(opened["passages"][0]["text"], "# Tea\n\nSteep for three minutes.");
        let shown = home.run(&["knowledge", "search", "kitchen", "steep"]).ok().stdout;
        assert!(shown.contains("[tea.md:1-3] Tea"), "{shown}");
        assert_eq!(home.json(&["knowledge", "list"]).as_array().unwrap().len(), 1);
        home.run(&["knowledge", "remove", "kitchen"]).ok();
        assert_eq!(home.json(&["knowledge", "list"]), Value::Array(Vec::new()));
        assert_eq!(home.run(&["knowledge", "status", "kitchen"]).code, Some(1));
        assert_eq!(home.run(&["knowledge", "add", "kitchen"]).code, Some(2));
        drop(serve);
    }
}

#[test]
fn two_folders_with_a_readme_each_are_opened_apart() {
    let home = Home::new("memory");
    let folder = tempfile::tempdir().unwrap();
    for (name, word) in [("work", "cardamom"), ("play", "liquorice")] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        let text = format!("It is about {word}.\n");
        std::fs::write(folder.path().join(name).join("README.md"), text).unwrap();
    }
    let root = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    home.json(&["knowledge", "add", "both", &root("work"), &root("play")]);
    for (name, word) in [("work", "cardamom"), ("play", "liquorice")] {
        let found = home.json(&["knowledge", "search", "both", word]);
        let cited = found[0]["citation"].as_str().unwrap();
        assert_eq!(cited, format!("{name}/README.md:1"));
        let opened = home.run(&["knowledge", "open", "both", cited]).ok().stdout;
        assert!(opened.contains(word), "{opened}");
    }
    let unclear = home.run(&["knowledge", "open", "both", "README.md:1"]);
    assert_eq!(unclear.code, Some(1));
    assert!(unclear.stderr.contains("work/README.md"), "{}", unclear.stderr);
}

#[test]
fn what_an_agent_remembers_is_listed_forgotten_and_exported() {
    let (home, upstream) = (Home::new("memory"), Upstream::start());
    home.prepare(&upstream.base_url);
    let changed = home.json(&["agent", "update", "parrot", "--memory", "everywhere"]);
    assert_eq!(changed["memory"]["mode"], "everywhere");
    let added = home.json(&["memory", "add", "parrot", "The user likes seeds."]);
    let id = added["id"].as_str().unwrap();
    let listed = home.run(&["memory", "list", "parrot"]).ok().stdout;
    assert!(listed.contains("likes seeds") && listed.contains(id), "{listed}");
    let exported: Value = home.run(&["memory", "export", "parrot"]).json();
    assert_eq!(exported["memories"][0]["text"], "The user likes seeds.");
    let forgotten = home.json(&["memory", "forget", "parrot"]);
    assert_eq!(forgotten[0]["id"], id);
    assert_eq!(home.json(&["memory", "list", "parrot"]), Value::Array(Vec::new()));
    home.run(&["memory", "restore", id]).ok();
    assert_eq!(home.json(&["memory", "list", "parrot"])[0]["id"], id);
    assert_eq!(home.run(&["memory", "edit", "nonsense", "x"]).code, Some(2));
}
