//! Agents in a folder, and what client keys narrow, from the command line.

use serde_json::{Value, json};

use super::cli::World;

#[test]
fn a_folder_of_agents_goes_out_and_comes_back() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        home.prepare(&world.upstream.base_url);
        let model = ["--model", "scripted/echo", "--instructions", "Be short."];
        home.json(&[&["agent", "create", "critic"][..], &model].concat());
        let folder = home
            .data
            .with_file_name(format!("agents-{way}").replace(' ', "-"));
        let folder = folder.to_str().unwrap();
        let written = home.json(&["agent", "export", "--all", folder]);
        let names = written.as_array().unwrap();
        assert!(names.contains(&json!("critic.toml")), "{way}: {written}");
        let critic = std::path::Path::new(folder).join("critic.toml");
        let text = std::fs::read_to_string(&critic).unwrap();
        std::fs::write(&critic, text.replace("Be short.", "Be kind.")).unwrap();
        home.run(&["agent", "import", folder])
            .failed_with_hint("invalid_request");
        let dry = home.json(&["agent", "import", folder, "--update", "--dry-run"]);
        assert_eq!(dry["written"], false, "{way}");
        let critics = |told: &Value| {
            let files = told["files"].as_array().unwrap();
            let found = files.iter().find(|one| one["slug"] == "critic");
            found.unwrap()["becomes"].clone()
        };
        assert_eq!(critics(&dry), "updated", "{way}");
        assert_eq!(
            home.json(&["agent", "show", "critic"])["instructions"],
            "Be short."
        );
        let skipped = home.json(&["agent", "import", folder, "--skip"]);
        assert_eq!(critics(&skipped), "skipped", "{way}");
        let updated = home.json(&["agent", "import", folder, "--update"]);
        assert_eq!(
            (critics(&updated), &updated["written"]),
            (json!("updated"), &json!(true))
        );
        assert_eq!(
            home.json(&["agent", "show", "critic"])["instructions"],
            "Be kind."
        );
        std::fs::write(&critic, "name = 7").unwrap();
        let dry = home.json(&["agent", "import", folder, "--dry-run"]);
        let wrong = dry["files"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["becomes"] == "failed");
        assert_eq!(wrong.count(), 1, "{way}: {dry}");
        home.run(&["agent", "import", folder, "--update"])
            .failed_with_hint("invalid_request");
        home.run(&["agent", "import", folder, "--update", "--skip"])
            .misused();
    }
}

#[test]
fn a_key_narrows_what_agents_do() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        let caps = ["--tool", "web_fetch=ask", "--tool", "write_file=never"];
        let made = home.json(&[&["key", "create", "page"][..], &caps].concat());
        assert_eq!(
            made["key"]["tool_caps"],
            json!([{"tool": "web_fetch", "rule": "ask"}, {"tool": "write_file", "rule": "never"}]),
            "{way}"
        );
        let shown = home.run(&["key", "show", "page"]).ok().stdout;
        assert!(shown.contains("tool: write_file = never"), "{way}: {shown}");
        let none = home.json(&["key", "set", "page", "--no-tools", "--no-tool-caps"]);
        assert_eq!(
            (&none["no_tools"], &none["tool_caps"]),
            (&json!(true), &json!([])),
            "{way}"
        );
        let again = home.json(&["key", "set", "page", "--no-tools", "false"]);
        assert_eq!(again["no_tools"], false, "{way}");
        home.run(&["key", "create", "x", "--tool", "web_fetch"]).misused();
        home.run(&["key", "create", "x", "--tool", "teapot=never"])
            .failed_with_hint("invalid_request");
    }
}
